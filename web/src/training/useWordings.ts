/** The proposed wordings in step with the service. */
import { onMounted, ref, shallowRef } from "vue";
import { request } from "@/api/http";
import { useI18n } from "@/i18n";
import { errorText } from "@/lib/problems";
import type { DecidedWording, ProposedWording, WordingDecision } from "@/wire";

const base = "/v1/training/wordings";

export function useWordings() {
  const { t } = useI18n();
  const rows = shallowRef<ProposedWording[]>([]);
  const loaded = ref(false);
  const busy = ref(false);
  const notice = ref("");
  const failed = ref(false);

  async function load(): Promise<void> {
    try {
      rows.value = await request<ProposedWording[]>("GET", base);
      loaded.value = true;
    } catch (error) {
      tell(errorText(t, error), true);
    }
  }

  async function decide(row: ProposedWording, decision: WordingDecision): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    try {
      const path = [row.article_id, row.article_version, row.wording].map(encodeURIComponent).join("/");
      const done = await request<DecidedWording>("POST", `${base}/${path}`, { decision });
      rows.value = rows.value.filter((other) => other !== row);
      if (decision === "accept") tell(t("wordings.accepted", { title: row.title, n: done.version ?? "" }));
      else tell(t("wordings.dismissed", { title: row.title }));
    } catch (error) {
      tell(errorText(t, error), true);
      await load();
    } finally {
      busy.value = false;
    }
  }

  function tell(what: string, wrong = false): void {
    notice.value = what;
    failed.value = wrong;
  }

  onMounted(load);
  return { rows, loaded, busy, notice, failed, decide };
}
