import { onUnmounted, readonly, ref, watch, type Ref } from "vue";

const STILL_MS = 1200;

/** Whether the pointer is at work: it moved within the last moment. Call `moved` when it does. */
export function usePointerAtWork(): { atWork: Readonly<Ref<boolean>>; moved: () => void } {
  const atWork = ref(false);
  let timer: number | undefined;
  const moved = (): void => {
    atWork.value = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (atWork.value = false), STILL_MS);
  };
  onUnmounted(() => window.clearTimeout(timer));
  return { atWork: readonly(atWork), moved };
}

/** The value of `wanted`, which changes only while `busy` is false: so that nothing shifts under the pointer. */
export function useCalm(wanted: () => boolean, busy: () => boolean): Readonly<Ref<boolean>> {
  const value = ref(wanted());
  watch([wanted, busy], ([next, held]) => void (held || (value.value = next)));
  return readonly(value);
}
