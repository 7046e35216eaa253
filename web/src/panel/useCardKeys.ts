/** The keys that act on cards. They do nothing while somebody types. */
import { onMounted, onUnmounted } from "vue";
import { isTyping } from "@/lib/keys";

export interface CardKeys {
  /** Whether keys count at all now. */
  on: () => boolean;
  /** The card with a number on it, from 0; says whether there is one. */
  numbered: (index: number) => boolean;
  /** Space: shows the cards that wait; says whether any did. */
  refresh: () => boolean;
  /** By `KeyboardEvent.key`, in lower case. */
  others: Record<string, () => void>;
}

export function useCardKeys(keys: CardKeys): void {
  function handled(event: KeyboardEvent): boolean {
    const key = event.key.toLowerCase();
    const onControl = event.target instanceof Element && event.target.closest("button, a, summary") !== null;
    if (key === " ") return !onControl && keys.refresh();
    if (/^[1-3]$/.test(key)) return keys.numbered(Number(key) - 1);
    keys.others[key]?.();
    return key in keys.others;
  }

  function onKey(event: KeyboardEvent): void {
    if (!keys.on() || event.repeat || isTyping(event)) return;
    // The key must not end up in the message box that inserting moves to.
    if (handled(event)) event.preventDefault();
  }

  onMounted(() => window.addEventListener("keydown", onKey));
  onUnmounted(() => window.removeEventListener("keydown", onKey));
}
