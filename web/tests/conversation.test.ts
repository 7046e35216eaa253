import { describe, expect, it } from "vitest";
import { applyEvent, applyInterim, newConversation, type ConversationState } from "@/panel/conversation";
import type { Event } from "@/wire";
import { card, event, interim, outcome, raised, revised, said, summary } from "./scene";

function after(...payloads: Event["payload"][]): ConversationState {
  return payloads.reduce((state, payload, n) => applyEvent(state, event(n + 1, payload)), newConversation(summary()));
}

const texts = (state: ConversationState): string[] => state.lines.map((line) => (line.kind === "said" ? line.text : "gap"));

describe("transcript", () => {
  it("keeps lines in the order in which they began", () => {
    expect(texts(after(said("b", 5), said("a", 1), said("c", 7)))).toEqual(["a", "b", "c"]);
  });

  it("ignores an event seen before", () => {
    const state = after(said("a", 1));
    expect(applyEvent(state, event(1, said("again", 2)))).toBe(state);
  });

  it("replaces a leg's interim by its utterance and leaves the other leg's", () => {
    let state = applyInterim(newConversation(summary()), interim("hel"));
    state = applyInterim(state, interim("yes", "agent"));
    state = applyEvent(state, event(1, said("hello", 1)));
    expect(Object.keys(state.interims)).toEqual(["agent"]);
    expect(applyInterim(state, interim("", "agent")).interims).toEqual({});
  });

  it("keeps words that began after an utterance that comes late", () => {
    const state = applyInterim(newConversation(summary()), { ...interim("next"), start: 9 });
    expect(applyEvent(state, event(1, said("hello", 1))).interims["customer"]?.text).toBe("next");
  });

  it("marks audio that nobody heard", () => {
    const state = after(said("a", 1), { type: "leg.gap", leg: "customer", start: 3, end: 3, missing: 4, reason: "lost" });
    expect(state.lines[1]).toMatchObject({ kind: "gap", missing: 4 });
  });
});

describe("messages", () => {
  const queued: Event["payload"] = {
    type: "message.queued",
    message_id: "m1",
    text: "hi",
    by: "a",
    adapter: "chat",
    suggestion_id: "s1",
    action_id: "act",
  };

  it("shows a sent text once, whichever of its two events comes first", () => {
    const utterance = said("hi", 2, { role: "agent", leg: null, message_id: "m1" });
    expect(texts(after(queued, utterance))).toEqual(["hi"]);
    expect(texts(after(utterance, queued))).toEqual(["hi"]);
    expect(after(utterance, queued).lines[0]).toMatchObject({ actionId: "act" });
  });

  it("keeps a delivery state that came before the message", () => {
    const state: Event["payload"] = { type: "message.state", message_id: "m1", state: "failed", attempts: 5, reason: "no" };
    expect(after(state, queued).deliveries["m1"]).toMatchObject({ state: "failed", reason: "no" });
  });

  it("ties the card to the message that it became", () => {
    expect(after(raised([card("s1")]), queued).cards[0]?.messageId).toBe("m1");
  });
});

describe("cards", () => {
  it("revises a card in place and leaves a reply without news", () => {
    const news = revised("s1", { confidence: 0.99, matched: "better" });
    const state = after(raised([card("s1", { source: "interim" })]), news);
    expect(state.cards).toHaveLength(1);
    expect(state.cards[0]).toMatchObject({ confirmed: true, card: { confidence: 0.99, matched: "better", reply: "reply s1" } });
  });

  it("marks replaced cards and outcomes", () => {
    const state = after(raised([card("s1"), card("s2")]), outcome("s2", "used"), raised([card("s3")], ["s1"]));
    expect(state.cards.map((view) => [view.replaced, view.outcome])).toEqual([
      [true, null],
      [false, "used"],
      [false, null],
    ]);
  });

  it("takes a card from an interim as early until confirmed", () => {
    expect(after(raised([card("s1", { source: "interim" })])).cards[0]?.confirmed).toBe(false);
  });
});
