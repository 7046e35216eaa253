import { describe, expect, it } from "vitest";
import { filterOptions } from "@/review/options";
import { emptyQuery, filterCount, fromAddress, toAddress, toParams } from "@/review/query";
import type { I18n } from "@/i18n";
import { zh } from "@/i18n/zh";

describe("a search in the address", () => {
  it("comes back as it went", () => {
    const query = { ...emptyQuery(), q: "转账", queue: "loans", has: ["edited" as const], page: 3 };
    const address = toAddress(query);
    expect(address).toEqual({ q: "转账", queue: "loans", has: ["edited"], page: 3 });
    expect(fromAddress({ q: "转账", queue: "loans", has: "edited", page: "3" })).toEqual(query);
    expect(toAddress(emptyQuery())).toEqual({});
  });

  it("is nothing that the page does not know", () => {
    expect(fromAddress({ has: ["music"], page: "-1", nonsense: "1" })).toEqual(emptyQuery());
  });

  it("asks for whole days of the reader", () => {
    const params = toParams({ ...emptyQuery(), from: "2026-03-01", to: "2026-03-01", page: 2 });
    expect(Number(params.get("to")) - Number(params.get("from"))).toBe(24 * 3600);
    expect(Number(params.get("from"))).toBe(new Date(2026, 2, 1).getTime() / 1000);
    expect([params.get("offset"), params.get("limit"), params.get("q")]).toEqual(["20", "20", null]);
    expect(toParams({ ...emptyQuery(), from: "soon" }).get("from")).toBeNull();
  });

  it("counts what narrows it, but not the words", () => {
    expect(filterCount({ ...emptyQuery(), q: "x", page: 2 })).toBe(0);
    expect(filterCount({ ...emptyQuery(), agent: "lin", has: ["edited", "recording"] })).toBe(3);
  });
});

describe("the filters", () => {
  const codes = [
    { code: "done", parent: null, name_zh: "已解决", name_en: "Done" },
    { code: "asked", parent: "done", name_zh: "咨询", name_en: "Question" },
  ];
  const choices = { agents: [], teams: ["one"], queues: ["loans"], languages: ["zh", "en"], intents: [{ intent: "card_lost", name_zh: "银行卡挂失", name_en: "Lost card" }], wrap_up: codes };
  const t: I18n["t"] = (key) => (zh as Record<string, string>)[key] ?? key;
  const of = (query = emptyQuery()) => filterOptions(choices, query, t, "zh");

  it("are those with something to choose, codes below their parents", () => {
    expect(of().map(({ name }) => name)).toEqual(["queue", "intent", "wrap_up", "channel", "direction", "language"]);
    expect(of().find(({ name }) => name === "wrap_up")?.options.map(({ text }) => text)).toEqual(["已解决", "　咨询"]);
  });

  it("show names instead of codes", () => {
    expect(of().find(({ name }) => name === "intent")?.options).toEqual([{ value: "card_lost", text: "银行卡挂失" }]);
  });

  it("keep a value that is in force", () => {
    const agent = of({ ...emptyQuery(), agent: "gone" }).find(({ name }) => name === "agent");
    expect(agent?.options).toEqual([{ value: "gone", text: "gone" }]);
  });
});
