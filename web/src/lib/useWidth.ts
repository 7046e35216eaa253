import { onMounted, onUnmounted, ref, type Ref } from "vue";

/** Width of an element in CSS pixels, kept up to date. */
export function useWidth(element: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<number>> {
  const width = ref(0);
  const observer = new ResizeObserver(([entry]) => (width.value = entry?.contentRect.width ?? 0));
  onMounted(() => {
    if (!element.value) return;
    width.value = element.value.clientWidth;
    observer.observe(element.value);
  });
  onUnmounted(() => observer.disconnect());
  return width;
}
