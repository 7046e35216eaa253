import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { useI18n } from "@/i18n";
import { errorText } from "@/lib/problems";

export interface Loaded<T> {
  content: Readonly<ShallowRef<T | null>>;
  /** What went wrong, in words; empty while nothing did. */
  problem: Ref<string>;
  load: () => Promise<void>;
  /** Does something, then loads again; whether it worked. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** What a tab shows, loaded when it opens and again after every change. */
export function useLoad<T>(ask: () => Promise<T>): Loaded<T> {
  const { t } = useI18n();
  const content = shallowRef<T | null>(null);
  const problem = ref("");

  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    problem.value = "";
    try {
      await work();
      return true;
    } catch (error) {
      problem.value = errorText(t, error);
      return false;
    }
  }
  const load = async (): Promise<void> => {
    await attempt(async () => (content.value = await ask()));
  };
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    const done = await attempt(work);
    if (done) await load();
    return done;
  };
  onMounted(load);
  return { content, problem, load, run };
}
