/** A stored conversation as lines with the cards that each brought up. No I/O. */
import type { ConversationDetail, ConversationRow, ConversationSummary, Receipt } from "@/wire";
import { applyEvent, newConversation, type CardView, type ConversationState, type Line } from "@/panel/conversation";

export interface TimelineEntry {
  line: Line;
  cards: CardView[];
}

export interface Timeline {
  state: ConversationState;
  entries: TimelineEntry[];
}

export function buildTimeline(detail: ConversationDetail): Timeline {
  const state = detail.events.reduce(applyEvent, newConversation(summaryOf(detail.row)));
  const entries = state.lines.map((line): TimelineEntry => ({ line, cards: [] }));
  for (const card of state.cards) entryOf(entries, card, detail.row.started_at)?.cards.push(card);
  return { state, entries };
}

/** The line being said at `position` (seconds from the origin), else null. */
export function lineAt(entries: readonly TimelineEntry[], position: number): Line | null {
  const found = entries.findLast(({ line }) => line.start <= position && position < line.end);
  return found?.line ?? null;
}

/** Seconds from the customer's last word to the card on screen (negative: before it); null if one is unknown. */
export function screenLag(receipt: Receipt | undefined): number | null {
  if (receipt?.rendered == null || receipt.speech_end === null) return null;
  return receipt.rendered - receipt.speech_end;
}

/** The line that caused the card, or the last one begun when it was raised. */
function entryOf(entries: TimelineEntry[], view: CardView, origin: number): TimelineEntry | undefined {
  const named = entries.find(({ line }) => line.id === view.trigger);
  return named ?? entries.findLast(({ line }) => line.start <= view.at - origin) ?? entries[0];
}

function summaryOf(row: ConversationRow): ConversationSummary {
  const { conversation_id, channel, external_id, language, queue, customer, started_at, ended_at } = row;
  return {
    ...{ conversation_id, channel, external_id, language, queue, customer, started_at, ended_at },
    wrapped_up: row.wrap_up !== null,
    text_out: false,
    insert_only: false,
    chat_url: null,
  };
}
