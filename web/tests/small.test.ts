import { describe, expect, it } from "vitest";
import { addPending, applyChat, EMPTY_CHAT } from "@/chat/state";
import { addSample, clockOffset, type ClockSample } from "@/lib/clock";
import { clockText } from "@/lib/time";
import { groupCodes } from "@/panel/codes";
import { Desk } from "@/panel/desk";
import { Outbox, type PanelAction } from "@/panel/outbox";
import { screenLag } from "@/review/timeline";
import type { ChatLine, WrapUpCode } from "@/wire";

describe("clock", () => {
  const sample = (sent: number, trip: number, offset: number): ClockSample => ({
    sent,
    received: sent + trip,
    server: sent + trip / 2 + offset,
  });

  it("trusts the quicker half of the round trips", () => {
    const samples = [sample(0, 0.01, 5), sample(1, 0.02, 5.1), sample(2, 3, 9), sample(3, 2, 8)];
    expect(clockOffset(samples)).toBeCloseTo(5.05);
  });

  it("is zero while nothing is known, and keeps only the latest samples", () => {
    expect(clockOffset([])).toBe(0);
    let samples: ClockSample[] = [];
    for (let n = 0; n < 40; n++) samples = addSample(samples, sample(n, 0.01, n));
    expect(samples).toHaveLength(16);
    expect(samples[0]?.sent).toBe(24);
  });
});

describe("outbox", () => {
  it("keeps an action's id until it is answered", async () => {
    const sent: PanelAction[] = [];
    let pending: PanelAction[] = [];
    const outbox = new Outbox(
      (action) => sent.push(action),
      (actions) => (pending = actions),
    );
    const answer = outbox.act({ type: "dismiss", conversation_id: "c1", suggestion_id: "s1" });
    outbox.resend();
    expect(new Set(sent.map((action) => action.action_id)).size).toBe(1);
    outbox.answer({ type: "action_result", action_id: sent[0]!.action_id, ok: true, problem: null });
    expect((await answer).ok).toBe(true);
    expect(pending).toEqual([]);
    outbox.resend();
    expect(sent).toHaveLength(2);
  });
});

describe("what belongs to a conversation that was taken away", () => {
  it("is not sent again, and whoever waits for it hears so", async () => {
    const sent: PanelAction[] = [];
    const outbox = new Outbox(
      (action) => sent.push(action),
      () => undefined,
    );
    const gone = outbox.act({ type: "dismiss", conversation_id: "c1", suggestion_id: "s1" });
    void outbox.act({ type: "dismiss", conversation_id: "c2", suggestion_id: "s2" });
    outbox.keepOnly(new Set(["c2"]));
    expect(await gone).toMatchObject({ ok: false, problem: { code: "stale" } });
    outbox.resend();
    expect(sent.slice(2).map((action) => action.conversation_id)).toEqual(["c2"]);
  });

  it("is forgotten by the desk, the rest is kept", () => {
    const desk = new Desk();
    desk.of("c1").text = "half";
    desk.of("c2").text = "whole";
    desk.keepOnly(new Set(["c2"]));
    expect([desk.of("c1").text, desk.of("c2").text]).toEqual(["", "whole"]);
  });
});

describe("wrap-up codes", () => {
  it("groups the leaves of a tree of any depth under their roots", () => {
    const code = (name: string, parent: string | null): WrapUpCode => ({ code: name, parent, name_zh: "", name_en: "" });
    const groups = groupCodes([code("a", null), code("b", "a"), code("c", "b"), code("d", "a"), code("e", null)]);
    expect(groups.map((group) => group.leaves.map((leaf) => leaf.code))).toEqual([["c", "d"], ["e"]]);
  });
});

describe("customer's chat", () => {
  const line: ChatLine = { type: "message", message_id: "m1", role: "customer", text: "hi", at: 1, client_id: "x" };
  const pending = addPending(EMPTY_CHAT, { client_id: "x", text: "hi", problem: null });

  it("shows a message once after a reconnect and no longer as pending", () => {
    const hello = { type: "hello", version: 1, conversation_id: "c", bank: "b", language: "zh", ended: false } as const;
    const state = applyChat(applyChat(pending, line), { ...hello, lines: [line] });
    expect(state).toMatchObject({ ready: true, lines: [line], pending: [] });
  });

  it("takes the answer to a message sent again, though the hello had it without the page's id", () => {
    const hello = { type: "hello", version: 1, conversation_id: "c", bank: "b", language: "zh", ended: false } as const;
    const greeted = applyChat(pending, { ...hello, lines: [{ ...line, client_id: null }] });
    expect(applyChat(greeted, line)).toMatchObject({ lines: [{ message_id: "m1" }], pending: [] });
  });

  it("tells a refused link from a message that failed", () => {
    const error = (code: "unauthenticated" | "invalid") =>
      applyChat(pending, { type: "error", problem: { code, message: "" } });
    expect(error("unauthenticated").refused).toBe(true);
    expect(error("invalid")).toMatchObject({ refused: false, pending: [{ problem: { code: "invalid" } }] });
  });
});

it("writes durations as clocks", () => {
  expect([clockText(5.9), clockText(65), clockText(3661), clockText(-1)]).toEqual(["0:05", "1:05", "1:01:01", "0:00"]);
});

it("knows when a card was on screen, seen from the end of speech", () => {
  const receipt = { speech_end: 10, rendered: 9.5, first_interim: null, intent: null, retrieval: null, pushed: null, acted: null };
  expect(screenLag(receipt)).toBeCloseTo(-0.5);
  expect(screenLag({ ...receipt, rendered: null })).toBeNull();
});
