/** The cards on screen: follows the conversation's cards, but stands still while the agent is busy with one. */
import { computed, onUnmounted, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";
import { arrange, hold, waiting } from "./cards";
import type { CardView } from "./conversation";

/** A click or key this soon after a card appeared was meant for what was there before. */
const SETTLE_MS = 250;
/** The cards wait this long after the pointer has left before they move. */
const LEAVE_MS = 350;

export interface Deck {
  shown: Readonly<Ref<CardView[]>>;
  /** New cards that stand below those that the agent is busy with. */
  waiting: ComputedRef<CardView[]>;
  /** Whether the card has been on screen long enough to be meant by a click. */
  settled: (suggestionId: string) => boolean;
  /** Puts the new cards in place now, because the agent asked for them. */
  refresh: () => void;
  /** Everything moved: what is on screen counts as just appeared. */
  disturb: () => void;
  /** The agent turned to this card: it and those above it stand still too. */
  keep: (suggestionId: string) => void;
}

export function useDeck(cards: () => readonly CardView[], busy: () => boolean): Deck {
  const shown = shallowRef<CardView[]>(arrange(cards()));
  const held = ref(busy());
  /** What stands still while held. New cards come below it, so that nothing moves under the pointer. */
  const frozen = shallowRef<CardView[]>(shown.value);
  const since = new Map<string, number>();
  let timer: number | undefined;

  function show(next: CardView[]): void {
    shown.value = next;
    const ids = new Set(next.map((view) => view.card.suggestion_id));
    for (const id of since.keys()) if (!ids.has(id)) since.delete(id);
    for (const id of ids) if (!since.has(id)) since.set(id, performance.now());
  }

  function disturb(): void {
    for (const id of since.keys()) since.set(id, performance.now());
  }

  function refresh(): void {
    show(arrange(cards()));
    frozen.value = shown.value;
  }

  function release(): void {
    held.value = false;
    refresh();
  }

  function keep(id: string): void {
    const at = shown.value.findIndex((view) => view.card.suggestion_id === id);
    if (held.value && at >= frozen.value.length) frozen.value = shown.value.slice(0, at + 1);
  }

  function follow(latest: readonly CardView[]): void {
    if (!held.value) return show(arrange(latest));
    const kept = hold(frozen.value, latest);
    if (kept.length < frozen.value.length) disturb();
    frozen.value = kept;
    show([...frozen.value, ...waiting(frozen.value, arrange(latest))]);
  }

  watch(cards, follow, { immediate: true });
  watch(busy, (now) => {
    window.clearTimeout(timer);
    if (!now) {
      timer = window.setTimeout(release, LEAVE_MS);
    } else if (!held.value) {
      held.value = true;
      frozen.value = shown.value;
    }
  });
  onUnmounted(() => window.clearTimeout(timer));

  return {
    shown,
    waiting: computed(() => (held.value ? waiting(frozen.value, arrange(cards())) : [])),
    settled: (id) => performance.now() - (since.get(id) ?? Infinity) >= SETTLE_MS,
    refresh,
    disturb,
    keep,
  };
}
