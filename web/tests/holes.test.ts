import { describe, expect, it } from "vitest";
import { ref } from "vue";
import { completed, firstHole, holesOf, pieces } from "@/panel/holes";
import { Desk } from "@/panel/desk";
import { useCardActions, type CardActions } from "@/panel/useCardActions";
import { applyEvent, newConversation, type ConversationState } from "@/panel/conversation";
import type { Panel } from "@/panel/usePanel";
import type { ActionResult, Problem } from "@/wire";
import { card, event, raised, revised, summary } from "./scene";

describe("holes of a text", () => {
  it("finds them where they stand, whatever their names", () => {
    expect(pieces("退{amount}元给{{ 姓名 }}")).toEqual([
      { text: "退", hole: null },
      { text: "{amount}", hole: "amount" },
      { text: "元给", hole: null },
      { text: "{{ 姓名 }}", hole: "姓名" },
    ]);
    expect(holesOf("{a}{b}{a} {1} {}")).toEqual(["a", "b"]);
    expect(firstHole("退{amount}元")).toEqual({ start: 1, end: 9, name: "amount" });
    expect(firstHole("退三百元")).toBeNull();
  });

  it("completes what was typed and leaves the rest", () => {
    expect(completed("{a}和{b}和{a}", { a: " 甲 ", b: " " })).toBe("甲和{b}和甲");
  });
});

describe("a revision", () => {
  it("fills a hole and changes nothing else of the reply", () => {
    const holed = card("a", { reply: "退{amount}元", reply_to_send: "退", holes: ["amount"] });
    const news = revised("a", { reply: "退三百元", holes: [], filled: { amount: "customer" } });
    const before = applyEvent(newConversation(summary()), event(1, raised([holed])));
    const after = applyEvent(before, event(2, news)).cards[0]!.card;
    expect(after).toEqual({ ...holed, reply: "退三百元", holes: [], filled: { amount: "customer" } });
    expect("type" in after).toBe(false);
  });
});

describe("the actions of a card with a hole", () => {
  interface Scene {
    actions: CardActions;
    state: ConversationState;
    sent: Record<string, unknown>[];
  }

  function scene(fields: Parameters<typeof summary>[0] = {}, problem: Problem | null = null): Scene {
    const holed = card("a", { reply: "三{amount}元", reply_to_send: "退{amount}元", holes: ["amount"] });
    const state = applyEvent(newConversation(summary(fields)), event(1, raised([holed])));
    const desk = new Desk();
    const sent: Record<string, unknown>[] = [];
    const panel = {
      draft: (id: string) => desk.of(id),
      pending: ref([]),
      act: (action: Record<string, unknown>): Promise<ActionResult> => {
        sent.push(action);
        return Promise.resolve({ type: "action_result", action_id: "x", ok: problem === null, problem });
      },
    } as unknown as Panel;
    return { actions: useCardActions(() => panel, () => state, () => undefined), state, sent };
  }

  it("sends nothing until it is complete, and then what was completed", async () => {
    const { actions, state, sent } = scene();
    const view = state.cards[0]!;
    await actions.main(view);
    expect(sent).toEqual([]);
    expect(actions.incomplete.value).toEqual({ id: "a", times: 1 });
    await actions.main(view, "还是{amount}元");
    expect(actions.incomplete.value?.times).toBe(2);
    actions.fill(view, "amount", "百");
    await actions.main(view);
    expect(sent).toEqual([{ type: "use", conversation_id: "c1", suggestion_id: "a", text: "三百元" }]);
  });

  it("starts editing with what was completed so far", () => {
    const { actions, state } = scene({ channel: "chat" });
    actions.fill(state.cards[0]!, "amount", "300");
    actions.edit(state.cards[0]!);
    expect(actions.edited.value).toBe("退300元");
    actions.clear(state.cards[0]!);
    expect(actions.fills(state.cards[0]!)).toEqual({});
  });

  it("shows the second step of sending on a call so that it can be completed there", async () => {
    const { actions, state, sent } = scene({ text_out: true });
    await actions.sendOut(state.cards[0]!, false);
    expect([actions.confirming.value, sent]).toEqual(["a", []]);
    actions.fill(state.cards[0]!, "amount", "300");
    await actions.sendOut(state.cards[0]!, true);
    expect(sent).toMatchObject([{ type: "send", text: "退300元", confirmed: true }]);
    expect(actions.confirming.value).toBeNull();
  });
});
