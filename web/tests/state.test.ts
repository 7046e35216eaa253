import { describe, expect, it } from "vitest";
import { applyMessage, EMPTY, select, withoutClaim, type PanelState } from "@/panel/state";
import type { Claim, Event, PanelServerMessage } from "@/wire";
import { event, said, summary } from "./scene";

const hello = (...ids: string[]): PanelServerMessage => ({
  type: "hello",
  version: 1,
  login: "a",
  display_name: "A",
  conversations: ids.map((conversation_id, n) => summary({ conversation_id, started_at: 1000 + n })),
});
const assigned = (conversation_id: string): PanelServerMessage => ({
  type: "assigned",
  conversation: summary({ conversation_id }),
});
const happened = (seq: number, payload: Event["payload"], id: string): PanelServerMessage => ({
  type: "event",
  event: event(seq, payload, id),
});
const wrapped: Event["payload"] = { type: "conversation.wrapped_up", code: "x", note: "", by: "a", action_id: "1" };

function after(...messages: PanelServerMessage[]): PanelState {
  return messages.reduce(applyMessage, EMPTY);
}

describe("which conversation is in front", () => {
  it("opens the first one by itself", () => {
    expect(after(hello(), assigned("c1")).active).toBe("c1");
  });

  it("opens the one in which somebody waits, not what only needs its wrap-up", () => {
    const conversations = [
      summary({ conversation_id: "over", started_at: 1000, ended_at: 1060 }),
      summary({ conversation_id: "live", started_at: 1100 }),
    ];
    expect(after({ ...hello(), conversations } as PanelServerMessage).active).toBe("live");
  });

  it("never replaces one that is not wrapped up, and says that another waits", () => {
    const ended: Event["payload"] = { type: "conversation.ended", reason: "hang_up" };
    const state = after(hello("c1"), happened(1, ended, "c1"), assigned("c2"));
    expect(state.active).toBe("c1");
    expect(state.unread["c2"]).toBe(1);
  });

  it("goes on to the waiting one after the wrap-up", () => {
    const state = after(hello("c1", "c2"), assigned("c3"), happened(1, wrapped, "c1"));
    expect(state.active).toBe("c3");
    expect(state.order).toEqual(["c2", "c3"]);
  });

  it("prefers one in which somebody waits to one that only needs its wrap-up", () => {
    const ended: Event["payload"] = { type: "conversation.ended", reason: "hang_up" };
    const state = after(hello("c1", "c2", "c3"), happened(1, ended, "c2"), happened(1, wrapped, "c1"));
    expect(state.active).toBe("c3");
  });

  it("closes one that is no longer ours, keeps nothing of it, and says so once", () => {
    const gone: PanelServerMessage = { type: "unassigned", conversation_id: "c1" };
    const state = after(hello("c1"), happened(1, said("secret", 1), "c1"), gone, gone, happened(2, said("late", 2), "c1"));
    expect(state).toMatchObject({ active: null, departed: 1, order: [], conversations: {} });
    expect(JSON.stringify(state)).not.toMatch(/secret|late/);
  });

  it("knows how far recognition is behind until that is over, or the call", () => {
    const lag = (seconds: number, away = false): PanelServerMessage => ({
      type: "lag",
      conversation_id: "c1",
      seconds,
      away,
    });
    expect(after(hello("c1"), lag(0, true)).conversations["c1"]?.away).toBe(true);
    const late = after(hello("c1"), lag(1.4));
    expect(late.conversations["c1"]?.lag).toBe(1.4);
    expect(applyMessage(late, lag(0)).conversations["c1"]?.lag).toBe(0);
    const ended = happened(1, { type: "conversation.ended", reason: "hang_up" }, "c1");
    expect(applyMessage(late, ended).conversations["c1"]?.lag).toBe(0);
    expect(applyMessage(late, { ...lag(9), conversation_id: "other" } as PanelServerMessage)).toEqual(late);
  });

  it("says nothing of leaving when the agent wrapped up", () => {
    expect(after(hello("c1", "c2"), happened(1, wrapped, "c1"))).toMatchObject({ departed: 0, order: ["c2"] });
  });
});

describe("news", () => {
  it("counts what customers say elsewhere, until looked at", () => {
    const state = after(hello("c1", "c2"), happened(1, said("hi", 1), "c2"), happened(1, said("hi", 1), "c1"));
    expect(state.unread).toEqual({ c2: 1 });
    expect(select(state, "c2")).toMatchObject({ active: "c2", unread: { c2: 0 } });
  });
});

describe("claims", () => {
  const claim = (conversation_id: string, started_at: number): Claim => ({
    ...{ conversation_id, started_at, external_id: "x", direction: "inbound", queue: "q", language: "zh", customer: null },
  });
  const waiting: PanelServerMessage = { type: "claims", calls: [claim("b", 2), claim("a", 1)] };
  const ids = (state: PanelState): string[] => state.claims.map((call) => call.conversation_id);

  it("are the latest list, who waits longest first", () => {
    expect(ids(after(hello(), waiting))).toEqual(["a", "b"]);
    expect(ids(after(hello(), waiting, { type: "claims", calls: [] }))).toEqual([]);
  });

  it("go when the call is ours, somebody's, or the connection was lost", () => {
    expect(ids(after(hello(), waiting, assigned("a")))).toEqual(["b"]);
    expect(ids(withoutClaim(after(hello(), waiting), "b"))).toEqual(["a"]);
    expect(ids(after(hello(), waiting, hello()))).toEqual([]);
  });
});

describe("reconnecting", () => {
  it("keeps what is known and drops what is no longer open", () => {
    const state = after(hello("c1", "c2"), happened(1, said("hi", 1), "c1"), hello("c1"));
    expect(state.order).toEqual(["c1"]);
    expect(state.conversations["c1"]?.seq).toBe(1);
    expect(state.conversations["c1"]?.lines).toHaveLength(1);
    expect(state).toMatchObject({ departed: 1 });
    expect(Object.keys(state.conversations)).toEqual(["c1"]);
  });
});
