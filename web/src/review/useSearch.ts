/** A search whose question is the page's address, so that it can be shared and gone back to. */
import { computed, readonly, ref, watch, type Ref } from "vue";
import { useRoute, useRouter } from "vue-router";
import { rest } from "@/api/rest";
import { useI18n } from "@/i18n";
import { errorText } from "@/lib/problems";
import type { FoundPage } from "@/wire";
import { fromAddress, toAddress, toParams, type Query } from "./query";

export interface Search {
  query: Readonly<Ref<Query>>;
  found: Readonly<Ref<FoundPage | null>>;
  busy: Readonly<Ref<boolean>>;
  problem: Readonly<Ref<string>>;
  /** Asks anew with some of the question changed, from the first page on unless told otherwise. */
  ask: (changed: Partial<Query>) => void;
  retry: () => void;
}

export function useSearch(): Search {
  const { t } = useI18n();
  const route = useRoute();
  const router = useRouter();
  const query = computed(() => fromAddress(route.query));
  const found = ref<FoundPage | null>(null);
  const busy = ref(false);
  const problem = ref("");
  let latest = 0;

  async function load(): Promise<void> {
    const mine = ++latest;
    busy.value = true;
    problem.value = "";
    try {
      const page = await rest.review(toParams(query.value));
      if (mine === latest) found.value = page;
    } catch (error) {
      if (mine === latest) problem.value = errorText(t, error);
    } finally {
      if (mine === latest) busy.value = false;
    }
  }

  function ask(changed: Partial<Query>): void {
    const next = toAddress({ ...query.value, page: 1, ...changed });
    const same = JSON.stringify(next) === JSON.stringify(toAddress(query.value));
    if (same) void load();
    else void router.push({ name: "conversations", query: next });
  }

  watch(
    () => route.query,
    () => route.name === "conversations" && void load(),
    { immediate: true },
  );
  return { query, found: found as Readonly<Ref<FoundPage | null>>, busy: readonly(busy), problem: readonly(problem), ask, retry: load };
}
