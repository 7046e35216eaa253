/** Which cards are on screen, and what may change on them while the agent is busy with one. No I/O. */
import type { OutcomeKind } from "@/wire";
import type { CardView } from "./conversation";

export const MAX_CARDS = 3;

const GONE: ReadonlySet<OutcomeKind | null> = new Set(["dismissed", "not_right", "expired", "ignored"]);
const OWN: ReadonlySet<OutcomeKind | null> = new Set(["used", "sent", "edited", "dismissed", "not_right"]);

/** Whether the agent can still do something with the card. */
export function isOpen(view: CardView): boolean {
  return view.outcome === null && !view.replaced;
}

/**
 * At most three cards: the newest raise first, each raise in its own order. One that the agent used stays, for
 * reading, until the second raise after it; one that was said aloud only until the next.
 */
export function arrange(cards: readonly CardView[]): CardView[] {
  const raises = [...new Set(cards.map((view) => view.raise))].sort((a, b) => b - a);
  const visible = cards.filter((view) => isVisible(view, raises.indexOf(view.raise)));
  return raises.flatMap((raise) => visible.filter((view) => view.raise === raise)).slice(0, MAX_CARDS);
}

/** `age` is how many raises came after the card's own. */
function isVisible(view: CardView, age: number): boolean {
  if (view.outcome === null) return !view.replaced;
  if (view.outcome === "spoken") return age === 0;
  return !GONE.has(view.outcome) && age <= 1;
}

/**
 * What stays on screen while the agent's pointer, focus or editing rests on the cards: the same cards in the same
 * places with the same words; only what the agent did to them shows. A card that `latest` does not have is gone.
 */
export function hold(shown: readonly CardView[], latest: readonly CardView[]): CardView[] {
  const byId = new Map(latest.map((view) => [view.card.suggestion_id, view]));
  return shown.flatMap((view) => {
    const now = byId.get(view.card.suggestion_id);
    if (!now) return [];
    return OWN.has(now.outcome) ? { ...view, outcome: now.outcome, said: now.said, messageId: now.messageId } : view;
  });
}

/** The arranged cards that are not among those that stand still. */
export function waiting(shown: readonly CardView[], arranged: readonly CardView[]): CardView[] {
  const ids = new Set(shown.map((view) => view.card.suggestion_id));
  return arranged.filter((view) => !ids.has(view.card.suggestion_id));
}
