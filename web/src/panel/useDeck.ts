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
  /** Cards that wait until the agent is done. */
  waiting: ComputedRef<CardView[]>;
  /** Whether the card has been on screen long enough to be meant by a click. */
  settled: (suggestionId: string) => boolean;
  /** Shows the waiting cards now, because the agent asked for them; later ones wait again. */
  refresh: () => void;
}

export function useDeck(cards: () => readonly CardView[], busy: () => boolean): Deck {
  const shown = shallowRef<CardView[]>(arrange(cards()));
  const held = ref(busy());
  const since = new Map<string, number>();
  let timer: number | undefined;

  function show(next: CardView[]): void {
    shown.value = next;
    const ids = new Set(next.map((view) => view.card.suggestion_id));
    for (const id of since.keys()) if (!ids.has(id)) since.delete(id);
    for (const id of ids) if (!since.has(id)) since.set(id, performance.now());
  }

  const refresh = (): void => show(arrange(cards()));

  function release(): void {
    held.value = false;
    refresh();
  }

  watch(cards, (latest) => show(held.value ? hold(shown.value, latest) : arrange(latest)), { immediate: true });
  watch(busy, (now) => {
    window.clearTimeout(timer);
    if (now) held.value = true;
    else timer = window.setTimeout(release, LEAVE_MS);
  });
  onUnmounted(() => window.clearTimeout(timer));

  return {
    shown,
    waiting: computed(() => (held.value ? waiting(shown.value, arrange(cards())) : [])),
    settled: (id) => performance.now() - (since.get(id) ?? Infinity) >= SETTLE_MS,
    refresh,
  };
}
