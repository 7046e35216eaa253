import { describe, expect, it } from "vitest";
import { matchingIntents } from "@/training/choices";
import { decided, extended, moved, opened, restored } from "@/training/queue";
import type { IntentChoice, SamplePage, SampleRow } from "@/wire";

const row = (id: string, reason: SampleRow["reason"] = "uncertain") => ({ sample_id: id, reason }) as SampleRow;
const page = (...ids: string[]): SamplePage => ({
  rows: ids.map((id) => row(id)),
  total: 9,
  reasons: { uncertain: 9 },
  done: 2,
  ever: true,
});
const ids = (rows: readonly SampleRow[]): string => rows.map((one) => one.sample_id).join("");

describe("the queue", () => {
  it("takes a decided row away, and puts it back where it was", () => {
    const queue = moved(opened(page("a", "b", "c"), null), 1);
    const after = decided(queue, queue.rows[1]!, "confirm");
    expect([ids(after.rows), after.at, after.total, after.done, after.reasons["uncertain"]]).toEqual(["ac", 1, 8, 3, 8]);
    expect(restored(after, queue.rows[1]!, 1, "confirm")).toEqual(queue);
  });

  it("moves a skipped row to the end, and counts nothing", () => {
    const queue = opened(page("a", "b", "c"), null);
    const after = decided(queue, queue.rows[0]!, "skip");
    expect([ids(after.rows), after.at, after.total, after.done]).toEqual(["bca", 0, 9, 2]);
    expect(restored(after, queue.rows[0]!, 0, "skip")).toEqual(queue);
  });

  it("stays within its rows", () => {
    const queue = opened(page("a", "b"), "b");
    expect([queue.at, moved(queue, 5).at, moved(queue, -5).at]).toEqual([1, 1, 0]);
    expect(decided(queue, queue.rows[1]!, "discard").at).toBe(0);
    expect(opened(page(), "gone").at).toBe(0);
  });

  it("grows by rows that it does not have", () => {
    expect(ids(extended(opened(page("a", "b"), null), page("b", "c")).rows)).toBe("abc");
  });
});

describe("intents", () => {
  const intent = (name: string, zh: string, en: string, initials: string): IntentChoice => ({
    intent: name,
    name_zh: zh,
    name_en: en,
    initials,
    cards: true,
    labelled: 0,
  });
  const intents = [
    intent("card_lost", "银行卡挂失", "Lost card", "yhkgs"),
    intent("loan_early_repay", "提前还款", "Repay early", "tqhk"),
  ];

  it.each([
    ["挂失", "card_lost"],
    ["TQ", "loan_early_repay"],
    ["repay e", "loan_early_repay"],
    ["lost", "card_lost"],
  ])("are found by name, id and initials: %s", (words, found) => {
    expect(matchingIntents(intents, words, "zh").map((choice) => choice.id)).toEqual([found]);
  });

  it("that begin with the words come first", () => {
    expect(matchingIntents(intents, "l", "en").map((choice) => choice.name)).toEqual(["Lost card", "Repay early"]);
    expect(matchingIntents(intents, "repay", "en")[0]!.id).toBe("loan_early_repay");
  });
});
