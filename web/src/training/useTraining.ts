/** The queue in step with the service: decisions show at once and are taken back when they fail. */
import { computed, reactive, ref, shallowRef, watch } from "vue";
import { ApiError } from "@/api/http";
import { useI18n } from "@/i18n";
import { randomId } from "@/lib/ids";
import { errorText } from "@/lib/problems";
import type { Decision, IntentChoice, SampleDetail, SampleRow } from "@/wire";
import { api, type SampleFilter } from "./api";
import { intentName } from "./choices";
import { EMPTY, decided, extended, moved, opened, replaced, restored, type Queue } from "./queue";

const SIZE = 50;
const FEW = 10;
const REMEMBERED = 50;

/** A decision that can be taken back. */
interface Step {
  row: SampleRow;
  at: number;
  actionId: string;
  decision: Decision;
  intent: string | null;
}

export type Training = ReturnType<typeof useTraining>;

export function useTraining() {
  const { t, locale } = useI18n();
  const filter = reactive<SampleFilter>({ state: "to_label", reason: null, language: null, query: "" });
  const queue = shallowRef<Queue>(EMPTY);
  const intents = shallowRef<IntentChoice[]>([]);
  const detail = shallowRef<SampleDetail | null>(null);
  const loaded = ref(false);
  const problem = ref("");
  const notice = ref("");
  const failed = ref(false);
  const steps = shallowRef<Step[]>([]);
  const current = computed<SampleRow | null>(() => queue.value.rows[queue.value.at] ?? null);
  /** By sample, the revision that this page's own last request was answered with. */
  const revisions = new Map<string, number>();
  let asked = 0;
  let sending: Promise<unknown> = Promise.resolve();

  watch(filter, load);
  watch(() => current.value?.sample_id, showDetail);

  async function load(): Promise<void> {
    const mine = ++asked;
    problem.value = "";
    try {
      const [page, named] = await Promise.all([
        api.samples(filter, 0, SIZE, midnight()),
        api.intents(filter.language),
      ]);
      if (mine !== asked) return;
      queue.value = opened(page, current.value?.sample_id ?? null);
      intents.value = named;
      loaded.value = true;
    } catch (error) {
      if (mine === asked) problem.value = errorText(t, error);
    }
  }

  async function showDetail(id: string | undefined): Promise<void> {
    detail.value = null;
    if (id === undefined) return;
    const found = await api.detail(id).catch(() => null); // The sample itself is on the page already.
    if (current.value?.sample_id !== id || !found) return;
    detail.value = found;
    queue.value = replaced(queue.value, { ...found.row, count: Math.max(found.row.count, current.value.count) });
  }

  /** One request after the other, so that a decision and its undoing arrive in order. */
  function send(work: () => Promise<SampleRow>): Promise<SampleRow> {
    const done = sending.then(work).then((row) => {
      revisions.set(row.sample_id, row.revision);
      return row;
    });
    sending = done.catch(() => undefined);
    return done;
  }

  /** What the trainer saw, or what came of it by this page's own requests. */
  function revisionOf(row: SampleRow): number {
    return Math.max(row.revision, revisions.get(row.sample_id) ?? 0);
  }

  async function decide(decision: Decision, intent: string | null = null, articleId: string | null = null): Promise<void> {
    const row = current.value;
    if (!row) return;
    const step: Step = { row, at: queue.value.at, actionId: randomId(), decision, intent };
    const body = { action_id: step.actionId, decision, intent, article_id: articleId };
    queue.value = decided(queue.value, row, decision);
    steps.value = [...steps.value.slice(-REMEMBERED), step];
    tell(told(step));
    try {
      // The revision is read when its turn has come: an undoing that is still on its way will change it.
      const now = await send(() => api.decide(row.sample_id, { ...body, revision: revisionOf(row) }));
      if (steps.value.includes(step)) queue.value = replaced(queue.value, now); // else undone meanwhile
      if (row.label) intents.value = await api.intents(filter.language);
      else count(decision, intent ?? row.guess, 1);
      if (queue.value.rows.length < FEW && queue.value.rows.length < queue.value.total) await more();
    } catch (error) {
      await takeBack(step, error);
    }
  }

  async function takeBack(step: Step, error: unknown): Promise<void> {
    steps.value = steps.value.filter((other) => other !== step);
    queue.value = restored(queue.value, step.row, step.at, step.decision);
    tell(errorText(t, error), true);
    if (!(error instanceof ApiError) || error.status !== 409) return;
    const now = await api.detail(step.row.sample_id).catch(() => null);
    tell(now?.row.labelled_by ? t("training.taken", { who: now.row.labelled_by }) : t("error.conflict"), true);
    await load();
  }

  async function undo(): Promise<void> {
    const step = steps.value.at(-1);
    if (!step) return;
    const before = queue.value;
    steps.value = steps.value.slice(0, -1);
    queue.value = restored(before, step.row, step.at, step.decision);
    tell(t("training.undone"));
    try {
      const row = await send(() => api.undo(step.row.sample_id, step.actionId));
      queue.value = replaced(queue.value, { ...row, count: step.row.count });
      count(step.decision, step.intent ?? step.row.guess, -1);
    } catch (error) {
      queue.value = before;
      tell(errorText(t, error), true);
    }
  }

  async function more(): Promise<void> {
    const page = await api.samples(filter, queue.value.rows.length, SIZE, midnight()).catch(() => null);
    if (page) queue.value = extended(queue.value, page);
  }

  function count(decision: Decision, intent: string | null, by: number): void {
    if (decision !== "confirm" && decision !== "correct") return;
    intents.value = intents.value.map((choice) =>
      choice.intent === intent ? { ...choice, labelled: Math.max(0, choice.labelled + by) } : choice,
    );
  }

  function tell(what: string, wrong = false): void {
    notice.value = what;
    failed.value = wrong;
  }

  function told(step: Step): string {
    if (step.decision !== "confirm" && step.decision !== "correct") return t(`training.did.${step.decision}`);
    return t("training.did.labelled", { intent: intentName(intents.value, step.intent ?? step.row.label ?? step.row.guess, locale.value) });
  }

  return {
    filter, queue, intents, detail, loaded, problem, notice, failed, steps, current, load, decide, undo, more,
    move: (by: number) => void (queue.value = moved(queue.value, by)),
    focus: (at: number) => void (queue.value = { ...queue.value, at }),
  }; // prettier-ignore
}

/** When today began, Unix seconds. */
function midnight(): number {
  return Math.floor(new Date().setHours(0, 0, 0, 0) / 1000);
}
