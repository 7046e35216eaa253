/** The suggestions of a conversation and how they change. No I/O. */
import type { Card, Event, OutcomeKind } from "@/wire";
import type { PayloadOf } from "./lines";

export interface CardView {
  card: Card;
  /** The event that raised it: cards of one raise belong together. */
  raise: number;
  /** When it was raised, Unix seconds. */
  at: number;
  /** Id of what caused it: an utterance, one still open, or a search. */
  trigger: string;
  /** The language of what caused it. */
  language: string;
  /** False for a card raised before the customer finished speaking, until the final words confirm it. */
  confirmed: boolean;
  replaced: boolean;
  outcome: OutcomeKind | null;
  /** What was really said or sent, where that differs from the reply. */
  said: string | null;
  messageId: string | null;
}

export function raised(
  cards: CardView[],
  payload: PayloadOf<"suggestions.raised">,
  event: Event,
  language: string,
): CardView[] {
  const replaced = new Set(payload.replaces);
  const kept = cards.map((view) => (replaced.has(view.card.suggestion_id) ? { ...view, replaced: true } : view));
  const { seq: raise, at } = event;
  const added = payload.cards.map((card): CardView => {
    const confirmed = card.source !== "interim";
    const fresh = { confirmed, replaced: false, outcome: null, said: null, messageId: null };
    return { card, raise, at, trigger: payload.trigger, language, ...fresh };
  });
  return [...kept, ...added];
}

export function revised(view: CardView, payload: PayloadOf<"suggestion.revised">): CardView {
  if (view.card.suggestion_id !== payload.suggestion_id) return view;
  const { type: _type, confirmed, ...fields } = payload;
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  return { ...view, confirmed, card: { ...view.card, ...known } };
}

export function patch(cards: CardView[], id: string, fields: Partial<CardView>): CardView[] {
  return cards.map((view) => (view.card.suggestion_id === id ? { ...view, ...fields } : view));
}
