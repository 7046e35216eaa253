/** Space plays and pauses, the arrow keys go back and on by 5 seconds, unless somebody types or moves a slider. */
import { onMounted, onUnmounted } from "vue";
import { isTyping } from "@/lib/keys";
import type { Player } from "./usePlayer";

const STEP = 5;

export function usePlayerKeys(player: Player): void {
  function onKey(event: KeyboardEvent): void {
    if (isTyping(event) || event.shiftKey) return;
    if (event.key === " " && !ownsSpace(event.target)) player.toggle();
    else if (event.key === "ArrowLeft") player.seek(player.position.value - STEP);
    else if (event.key === "ArrowRight") player.seek(player.position.value + STEP);
    else return;
    event.preventDefault();
  }
  onMounted(() => window.addEventListener("keydown", onKey));
  onUnmounted(() => window.removeEventListener("keydown", onKey));
}

/** Buttons and the like are pressed with the space bar, but not the places to play from: there Enter does it. */
function ownsSpace(target: EventTarget | null): boolean {
  if (!(target instanceof Element) || target.closest("[data-seek]")) return false;
  return target.closest("button, summary, a, label") !== null;
}
