/** People and keys as the service has them, and what is done to them. */
import { ref, type Ref } from "vue";
import { useI18n } from "@/i18n";
import { errorText } from "@/lib/problems";
import type { KeyRow, People } from "@/wire";
import { admin } from "./api";

export interface PeopleState {
  people: Ref<People | null>;
  keys: Ref<KeyRow[]>;
  /** Why nothing could be loaded. */
  problem: Ref<string>;
  /** Why the last action was not done. */
  refused: Ref<string>;
  load: () => Promise<void>;
  /** Does something, then loads again; what it gave, or null when it was refused. */
  run: <T>(work: () => Promise<T>) => Promise<T | null>;
}

export function usePeople(): PeopleState {
  const { t } = useI18n();
  const people = ref<People | null>(null);
  const keys = ref<KeyRow[]>([]);
  const problem = ref("");
  const refused = ref("");

  async function load(): Promise<void> {
    problem.value = "";
    try {
      [people.value, keys.value] = await Promise.all([admin.people(), admin.keys()]);
    } catch (error) {
      problem.value = errorText(t, error);
    }
  }

  async function run<T>(work: () => Promise<T>): Promise<T | null> {
    refused.value = "";
    try {
      const done = await work();
      await load();
      return done;
    } catch (error) {
      refused.value = errorText(t, error);
      return null;
    }
  }

  return { people, keys, problem, refused, load, run };
}
