import { describe, expect, it } from "vitest";
import { arrange, hold, waiting } from "@/panel/cards";
import { applyEvent, newConversation, type CardView } from "@/panel/conversation";
import type { Event } from "@/wire";
import { card, event, outcome, raised, revised, summary } from "./scene";

function cards(...payloads: Event["payload"][]): CardView[] {
  return payloads.reduce((state, payload, n) => applyEvent(state, event(n + 1, payload)), newConversation(summary()))
    .cards;
}

const ids = (views: readonly CardView[]): string[] => views.map((view) => view.card.suggestion_id);

describe("arrange", () => {
  it("shows at most three, the newest raise first", () => {
    expect(ids(arrange(cards(raised([card("a"), card("b")]), raised([card("c"), card("d")]))))).toEqual(["c", "d", "a"]);
  });

  it.each(["dismissed", "not_right", "expired", "ignored"] as const)("hides a card that is %s", (kind) => {
    expect(arrange(cards(raised([card("a")]), outcome("a", kind)))).toEqual([]);
  });

  it("keeps a used card even when it is replaced, and drops an unused one", () => {
    const views = cards(raised([card("a"), card("b")]), outcome("a", "used"), raised([card("c")], ["a", "b"]));
    expect(ids(arrange(views))).toEqual(["c", "a"]);
  });

  it("lets a used card go with the second raise after it, a spoken one with the next", () => {
    const used = [raised([card("a")]), outcome("a", "used"), raised([card("b")])];
    expect(ids(arrange(cards(...used)))).toEqual(["b", "a"]);
    expect(ids(arrange(cards(...used, raised([card("c")]))))).toEqual(["c", "b"]);
    expect(ids(arrange(cards(raised([card("a")]), outcome("a", "spoken"))))).toEqual(["a"]);
    expect(ids(arrange(cards(raised([card("a")]), outcome("a", "spoken"), raised([card("b")]))))).toEqual(["b"]);
  });
});

describe("hold", () => {
  const before = cards(raised([card("a"), card("b")]));

  it("keeps places, words and numbers whatever happens", () => {
    const later = cards(
      raised([card("a"), card("b")]),
      revised("b", { confidence: 0.1, rank: 2, matched: "x" }),
      outcome("a", "expired"),
      raised([card("c")], ["b"]),
    );
    expect(hold(before, later)).toEqual(before);
    expect(ids(waiting(before, arrange(later)))).toEqual(["c"]);
  });

  it("lets go of a card that is not to be seen any more", () => {
    expect(ids(hold(before, cards(raised([card("b")]))))).toEqual(["b"]);
  });

  it("shows what the agent did", () => {
    const later = cards(raised([card("a"), card("b")]), outcome("b", "used"));
    expect(hold(before, later).map((view) => view.outcome)).toEqual([null, "used"]);
  });

  it("keeps a hole that the customer has filled meanwhile", () => {
    const holed = raised([card("a", { reply: "退{amount}元", holes: ["amount"] })]);
    const later = cards(holed, revised("a", { reply: "退三百元", holes: [] }));
    expect(hold(cards(holed), later)[0]!.card.reply).toBe("退{amount}元");
    expect(arrange(later)[0]!.card.reply).toBe("退三百元");
  });
});
