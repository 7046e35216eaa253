import { computed, onMounted, onUnmounted, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { rest } from "@/api/rest";
import { useI18n } from "@/i18n";
import { errorText } from "@/lib/problems";
import { localNow } from "@/lib/time";
import { useTick } from "@/lib/useTick";
import type { Floor } from "@/wire";

const EVERY_MS = 2000;
/** Seconds after which what is shown is called old. */
const STALE = 6;

export interface FloorWatch {
  /** The latest answer; null until the first. */
  floor: Readonly<ShallowRef<Floor | null>>;
  /** Why there is none yet, in words. */
  problem: Readonly<Ref<string>>;
  /** Seconds since the last answer, once those are too many; null while they are not. */
  stale: ComputedRef<number | null>;
  /** The server's clock, Unix seconds. */
  now: ComputedRef<number>;
  load: () => Promise<void>;
}

/** Asks what goes on every two seconds while somebody looks. */
export function useFloor(): FloorWatch {
  const { t } = useI18n();
  const floor = shallowRef<Floor | null>(null);
  const problem = ref("");
  const answered = ref(localNow());
  const local = useTick(localNow);
  let timer = 0;
  let open = true;

  async function load(): Promise<void> {
    window.clearTimeout(timer);
    try {
      if (!document.hidden) {
        floor.value = await rest.floor();
        answered.value = localNow();
        problem.value = "";
      }
    } catch (error) {
      problem.value = errorText(t, error);
    }
    window.clearTimeout(timer);
    if (open) timer = window.setTimeout(load, EVERY_MS);
  }

  const look = (): void => void (document.hidden || load());
  onMounted(load);
  onMounted(() => document.addEventListener("visibilitychange", look));
  onUnmounted(() => {
    open = false;
    window.clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  });
  const age = computed(() => Math.max(0, local.value - answered.value));
  return {
    floor,
    problem,
    stale: computed(() => (age.value > STALE ? Math.round(age.value) : null)),
    now: computed(() => (floor.value?.at ?? 0) + age.value),
    load,
  };
}
