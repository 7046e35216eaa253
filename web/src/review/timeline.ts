/** A stored conversation as rows with the cards that each brought up, and as stretches on a time bar. No I/O. */
import type { ConversationDetail, ConversationRow, ConversationSummary, Receipt, SegmentKind } from "@/wire";
import { applyEvent, newConversation, type CardView, type ConversationState } from "@/panel/conversation";
import { rowsOf, type Row } from "@/panel/transcript";

export interface TimelineEntry {
  row: Row;
  cards: CardView[];
}

export type StretchKind = SegmentKind | "gap" | "masked" | "off";

/** Something that went on from `start` to `end`, in seconds from the origin. */
export interface Stretch {
  kind: StretchKind;
  start: number;
  end: number;
}

export interface WrapUp {
  code: string;
  note: string;
  by: string;
}

export interface Timeline {
  state: ConversationState;
  entries: TimelineEntry[];
  segments: Stretch[];
  /** Where the recording holds nothing, or nothing of what was said. */
  silences: Stretch[];
  wrapUp: WrapUp | null;
}

/** `duration`: seconds of audio, up to which what never ended is drawn. */
export function buildTimeline(detail: ConversationDetail, duration: number): Timeline {
  const state = detail.events.reduce(applyEvent, newConversation(summaryOf(detail.row)));
  const entries = rowsOf(state).map((row): TimelineEntry => ({ row, cards: [] }));
  for (const card of state.cards) entryOf(entries, card, detail.row.started_at)?.cards.push(card);
  const payloads = detail.events.map(({ payload }) => payload);
  const done = payloads.findLast((payload) => payload.type === "conversation.wrapped_up");
  return {
    state,
    entries,
    segments: state.segments.map(({ kind, start, end }) => ({ kind, start, end: end ?? duration })),
    silences: silencesOf(state, detail),
    wrapUp: done?.type === "conversation.wrapped_up" ? { code: done.code, note: done.note, by: done.by } : null,
  };
}

/** The row that is being said at `position` (seconds from the origin), else null. */
export function rowAt(entries: readonly TimelineEntry[], position: number): Row | null {
  return entries.findLast(({ row }) => row.start <= position && position < endOf(row))?.row ?? null;
}

/** The row of an utterance; of one that was merged with others the row that had begun by then. */
export function rowOf(entries: readonly TimelineEntry[], utterance: string, start: number): Row | null {
  const named = entries.find(({ row }) => row.id === utterance);
  return (named ?? entries.findLast(({ row }) => row.start <= start))?.row ?? null;
}

/** Seconds from the customer's last word to the card on screen (negative: before it); null if one is unknown. */
export function screenLag(receipt: Receipt | undefined): number | null {
  if (receipt?.rendered == null || receipt.speech_end === null) return null;
  return receipt.rendered - receipt.speech_end;
}

function endOf(row: Row): number {
  if (row.kind === "said") return row.line.end;
  return row.kind === "sound" || row.kind === "gap" ? row.end : row.start;
}

/** What the recordings say of themselves: they know what was told only afterwards, too. */
function silencesOf(state: ConversationState, detail: ConversationDetail): Stretch[] {
  const missing = state.lines.flatMap((line) =>
    line.kind === "gap" ? [{ kind: "gap" as const, start: line.start, end: line.end }] : [],
  );
  const gaps = detail.recordings.flatMap((recording) => recording.gaps);
  const blank = (kind: StretchKind, masked: boolean): Stretch[] =>
    joined(gaps.filter(({ reason }) => (reason === "masked") === masked)).map((gap) => ({ kind, ...gap }));
  return [...missing, ...blank("off", false), ...blank("masked", true)];
}

/** The same time as stretches in order that do not overlap: legs are silenced together. */
function joined(stretches: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  const apart: { start: number; end: number }[] = [];
  for (const { start, end } of [...stretches].sort((one, other) => one.start - other.start)) {
    const last = apart.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else apart.push({ start, end });
  }
  return apart;
}

/** The row that caused the card, or the last one begun when it was raised. */
function entryOf(entries: TimelineEntry[], view: CardView, origin: number): TimelineEntry | undefined {
  const named = entries.find(({ row }) => row.id === view.trigger);
  return named ?? entries.findLast(({ row }) => row.start <= view.at - origin) ?? entries[0];
}

function summaryOf(row: ConversationRow): ConversationSummary {
  const { conversation_id, channel, direction, external_id, language, queue, customer, started_at, ended_at } = row;
  return {
    ...{ conversation_id, channel, direction, external_id, language, queue, customer, started_at, ended_at },
    wrapped_up: row.wrap_up !== null,
    text_out: false,
    insert_only: false,
    chat_url: null,
  };
}
