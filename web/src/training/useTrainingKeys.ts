/** The page's keys; none of them does anything while somebody types, or on a button that has the focus. */
import { onBeforeUnmount, onMounted } from "vue";
import { isTyping } from "@/lib/keys";

export interface TrainingKeys {
  confirm: () => void;
  intents: () => void;
  articles: () => void;
  outOfScope: () => void;
  skip: () => void;
  discard: () => void;
  undo: () => void;
  next: () => void;
  previous: () => void;
}

const KEYS: Record<string, keyof TrainingKeys> = {
  enter: "confirm",
  i: "intents",
  "/": "intents",
  a: "articles",
  o: "outOfScope",
  s: "skip",
  d: "discard",
  z: "undo",
  j: "next",
  arrowdown: "next",
  k: "previous",
  arrowup: "previous",
};

export function useTrainingKeys(keys: TrainingKeys): void {
  function onKey(event: KeyboardEvent): void {
    const name = KEYS[event.key.toLowerCase()];
    if (!name || isTyping(event)) return;
    const moves = name === "next" || name === "previous";
    // A key held down must not decide about sample after sample.
    if (event.repeat && !moves) return;
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("button, a")) return;
    event.preventDefault();
    keys[name]();
  }
  onMounted(() => window.addEventListener("keydown", onKey));
  onBeforeUnmount(() => window.removeEventListener("keydown", onKey));
}
