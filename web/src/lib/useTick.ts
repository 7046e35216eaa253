import { onUnmounted, ref, type Ref } from "vue";

/** The value of `read`, taken again every second. */
export function useTick(read: () => number): Readonly<Ref<number>> {
  const value = ref(read());
  const timer = window.setInterval(() => (value.value = read()), 1000);
  onUnmounted(() => window.clearInterval(timer));
  return value;
}
