/** Tells the service when cards are painted. */
import { nextTick, watch } from "vue";
import type { CardView, ConversationState } from "./conversation";
import type { Panel } from "./usePanel";

/** Two frames after the change the cards are painted. Cards reported before (by any panel) are not reported again. */
export function useRenderedReport(
  shown: () => readonly CardView[],
  panel: () => Panel,
  conversation: () => ConversationState,
): void {
  const reported = new Set<string>();

  function report(views: readonly CardView[]): void {
    const ids = views
      .map((view) => view.card.suggestion_id)
      .filter((id) => !reported.has(id) && !conversation().rendered.has(id));
    if (ids.length === 0 || panel().connection.value !== "open") return;
    ids.forEach((id) => reported.add(id));
    panel().rendered(conversation().summary.conversation_id, ids);
  }

  watch(
    shown,
    async (views) => {
      await nextTick();
      requestAnimationFrame(() => requestAnimationFrame(() => report(views)));
    },
    { immediate: true },
  );
}
