import { nextTick, ref, watch, type Ref } from "vue";

const NEAR = 24;

/** Where a list was left; null: at its end. */
export interface ScrollPlace {
  scroll: number | null;
}

/**
 * Keeps a scrolled list at its end while it grows, unless the reader has scrolled up. With `place` it begins where it
 * was left; until `begun` it stays at its beginning.
 */
export function useStickyScroll(
  list: Readonly<Ref<HTMLElement | null>>,
  source: () => unknown,
  place?: () => ScrollPlace,
  begun: () => boolean = () => true,
): { atEnd: Ref<boolean>; onScroll: () => void; toEnd: () => void } {
  const atEnd = ref((place?.().scroll ?? null) === null);
  const toEnd = (): void => {
    if (list.value && begun()) list.value.scrollTop = list.value.scrollHeight;
    atEnd.value = true;
    if (place) place().scroll = null;
  };
  const onScroll = (): void => {
    const element = list.value;
    if (!element) return;
    atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    if (place) place().scroll = atEnd.value ? null : element.scrollTop;
  };
  watch(source, () => atEnd.value && void nextTick(toEnd), { immediate: true, flush: "post" });
  watch(list, (element) => (atEnd.value ? toEnd() : element && (element.scrollTop = place?.().scroll ?? 0)), {
    flush: "post",
  });
  return { atEnd, onScroll, toEnd };
}
