import { describe, expect, it } from "vitest";
import { applyEvent, newConversation, speakableCards, type ConversationState } from "@/panel/conversation";
import { awaitsWrapUp, phaseOf } from "@/panel/phase";
import { customerLanguage, speakersUnknown } from "@/panel/situation";
import { rowsOf } from "@/panel/transcript";
import type { Event, Role, SegmentKind } from "@/wire";
import { card, event, ORIGIN, raised, said, summary } from "./scene";

function after(...payloads: Event["payload"][]): ConversationState {
  return payloads.reduce((state, payload, n) => applyEvent(state, event(n + 1, payload)), newConversation(summary()));
}

function leg(name: string, role: Role, language = "zh"): Event["payload"] {
  return { type: "leg.started", leg: name, role, language, encoding: "alaw", sample_rate: 8000, offset: 1 };
}

const speaks = (name: string, language: string): Event["payload"] => ({
  type: "leg.language",
  leg: name,
  language,
  start_sample: 16_000,
  by: "a",
  action_id: null,
});
const recording = (on: boolean, when: number): Event["payload"] => ({
  type: "recording.changed",
  recording: on,
  when,
  by: "a",
  reason: "agent",
  action_id: null,
});
function segments(...stretches: [SegmentKind, number, number | null][]): Event["payload"] {
  return {
    type: "segments.changed",
    segments: stretches.map(([kind, start, end]) => ({ kind, agent: "a", start, end })),
  };
}

describe("language", () => {
  it("is the customer's leg's, else the conversation's", () => {
    expect(customerLanguage(after(leg("a", "agent", "en")).situation)).toBe("zh");
    expect(customerLanguage(after(leg("a", "agent"), leg("c", "customer", "en")).situation)).toBe("en");
  });

  it("switches once for the customer, with one note where it happened in the audio", () => {
    const { situation } = after(leg("a", "agent"), leg("c", "customer"), speaks("a", "en"), speaks("c", "en"));
    expect(customerLanguage(situation)).toBe("en");
    expect(situation.notes).toMatchObject([{ kind: "language", language: "en", start: 3 }]);
  });

  it("of a chat, and of who has no leg yet, is the conversation's", () => {
    const changed = { type: "conversation.language", language: "en", by: "a", action_id: null } as Event["payload"];
    expect(after(changed).situation).toMatchObject({ language: "en", notes: [{ kind: "language", language: "en" }] });
    expect(after(leg("c", "customer"), changed).situation.notes).toEqual([]);
  });

  it("offers no card of another language, early, late or back again", () => {
    const spoken = [leg("c", "customer"), said("你好", 1), raised([card("zh")]), speaks("c", "en")];
    expect(speakableCards(after(...spoken))).toEqual([]);
    const english = said("hello", 5, { language: "en", utterance_id: "u5" });
    const late = after(...spoken, english, { ...raised([card("en")]), trigger: "u5" } as Event["payload"], raised([card("late")]));
    expect(speakableCards(late).map((view) => view.card.suggestion_id)).toEqual(["en"]);
    expect(speakableCards(after(...spoken, speaks("c", "zh")))).toHaveLength(1);
  });
});

describe("recording", () => {
  it("marks the stretch that is not kept, closed by the next start; the same again changes nothing", () => {
    const { situation } = after(recording(true, 1), recording(false, 5), recording(false, 6), recording(true, 40));
    expect(situation.recording).toBe(true);
    expect(situation.notes).toMatchObject([{ kind: "recording", start: 5, end: 40 }]);
    expect(after(recording(false, 5)).situation).toMatchObject({ recording: false, notes: [{ end: null }] });
  });
});

describe("who speaks", () => {
  it("is unknown until some leg is the customer's", () => {
    expect(speakersUnknown(after().situation)).toBe(false);
    expect(speakersUnknown(after(leg("l", "mixed"), leg("a", "agent")).situation)).toBe(true);
    const told: Event["payload"] = { type: "leg.role", leg: "l", role: "customer", by: "switch" };
    const { situation } = after(leg("l", "unknown"), told);
    expect(speakersUnknown(situation)).toBe(false);
    expect(situation.notes).toMatchObject([{ kind: "role", role: "customer", start: 2 }]);
  });
});

describe("task and result", () => {
  it("come with the start and with the switch", () => {
    const started = {
      ...{ type: "conversation.started", channel: "call", direction: "outbound", external_id: "x", language: "en" },
      ...{ queue: "q", agent: null, customer: "C", context: { k: "v" }, product: "loan", task_id: "t" },
      ...{ campaign: "spring", stage: "papers", script: ["a"] },
    } as Event["payload"];
    const told = { type: "switch.event", event_id: "e", what: "result", when: 9, agent: null, reported: null, code: "applied" };
    const { situation } = after(started, told as Event["payload"]);
    expect(situation.task).toEqual({ campaign: "spring", stage: "papers", product: "loan", context: { k: "v" } });
    expect(situation).toMatchObject({ language: "en", result: "applied", notes: [{ kind: "result", start: 9 }] });
  });
});

describe("phase", () => {
  it("is talk from the beginning of the call, anything else from its own", () => {
    expect(phaseOf(after(segments(["ivr", 0, 5], ["talk", 5, null])))).toEqual({ kind: "talk", since: ORIGIN });
    expect(phaseOf(after(segments(["talk", 0, 5], ["hold", 5, null])))).toEqual({ kind: "hold", since: ORIGIN + 5 });
  });

  it("is wrap-up after the end, or once the switch says so", () => {
    const ended: Event["payload"] = { type: "conversation.ended", reason: "hang_up" };
    expect(awaitsWrapUp(after(segments(["talk", 0, 5], ["hold", 5, null]), ended))).toBe(true);
    expect(awaitsWrapUp(after(segments(["talk", 0, 5], ["wrap_up", 5, null])))).toBe(true);
    expect(awaitsWrapUp(after(segments(["talk", 0, null])))).toBe(false);
  });
});

describe("rows", () => {
  it("put bands before what is said in them, and grey it however late the switch told", () => {
    const rows = rowsOf(after(said("a", 1), said("b", 10), said("c", 60), segments(["talk", 0, 10], ["hold", 10, 52], ["talk", 52, null])));
    expect(rows.map((row) => row.kind)).toEqual(["said", "band", "said", "said"]);
    expect(rows.flatMap((row) => (row.kind === "said" ? row.aside : []))).toEqual([false, true, false]);
    expect(rows[1]).toMatchObject({ segment: "hold", seconds: 42 });
  });

  it("believe the utterance where the switch says nothing", () => {
    expect(rowsOf(after(said("a", 1, { segment: "consult" })))[0]).toMatchObject({ aside: true });
  });

  it("make one row of music however long, and none of its words", () => {
    const rows = rowsOf(
      after(said("lala", 1, { sound: "music" }), said("lala", 3, { sound: "music" }), said("hi", 5), said("1", 7, { sound: "prompt" })),
    );
    expect(rows.map((row) => row.kind)).toEqual(["sound", "said", "sound"]);
    expect(rows[0]).toMatchObject({ sound: "music", start: 1, end: 4 });
    expect(JSON.stringify(rows)).not.toContain("lala");
  });
});
