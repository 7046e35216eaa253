import { describe, expect, it } from "vitest";
import { applyMessage, EMPTY, select, type PanelState } from "@/panel/state";
import type { Event, PanelServerMessage } from "@/wire";
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

  it("closes one that is no longer ours", () => {
    expect(after(hello("c1"), { type: "unassigned", conversation_id: "c1" }).active).toBeNull();
  });
});

describe("news", () => {
  it("counts what customers say elsewhere, until looked at", () => {
    const state = after(hello("c1", "c2"), happened(1, said("hi", 1), "c2"), happened(1, said("hi", 1), "c1"));
    expect(state.unread).toEqual({ c2: 1 });
    expect(select(state, "c2")).toMatchObject({ active: "c2", unread: { c2: 0 } });
  });
});

describe("reconnecting", () => {
  it("keeps what is known and drops what is no longer open", () => {
    const state = after(hello("c1", "c2"), happened(1, said("hi", 1), "c1"), hello("c1"));
    expect(state.order).toEqual(["c1"]);
    expect(state.conversations["c1"]?.seq).toBe(1);
    expect(state.conversations["c1"]?.lines).toHaveLength(1);
  });
});
