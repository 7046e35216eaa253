import { onMounted, onUnmounted, readonly, ref, type Ref } from "vue";

const PAUSE_MS = 1000;

/** After `start`: true until no key has been pressed for a second. What was being typed is not meant for what is there now. */
export function useKeyPause(): { pausing: Readonly<Ref<boolean>>; start: () => void } {
  const pausing = ref(false);
  let timer: number | undefined;

  function start(): void {
    pausing.value = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (pausing.value = false), PAUSE_MS);
  }

  const onKey = (): void => void (pausing.value && start());
  onMounted(() => window.addEventListener("keydown", onKey, true));
  onUnmounted(() => {
    window.removeEventListener("keydown", onKey, true);
    window.clearTimeout(timer);
  });
  return { pausing: readonly(pausing), start };
}
