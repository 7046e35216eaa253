import { nextTick, ref, watch, type Ref } from "vue";

const NEAR = 24;

/** Keeps a scrolled list at its end while it grows, unless the reader has scrolled up. */
export function useStickyScroll(
  list: Readonly<Ref<HTMLElement | null>>,
  source: () => unknown,
): { atEnd: Ref<boolean>; onScroll: () => void; toEnd: () => void } {
  const atEnd = ref(true);
  const toEnd = (): void => {
    if (list.value) list.value.scrollTop = list.value.scrollHeight;
    atEnd.value = true;
  };
  const onScroll = (): void => {
    const element = list.value;
    if (element) atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
  };
  watch(source, () => atEnd.value && void nextTick(toEnd), { immediate: true, flush: "post" });
  watch(list, () => atEnd.value && toEnd(), { flush: "post" });
  return { atEnd, onScroll, toEnd };
}
