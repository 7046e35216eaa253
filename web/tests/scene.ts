/** Short ways to write the service's messages in tests. */
import type { Card, ConversationSummary, Event, PanelInterim } from "@/wire";

export const ORIGIN = 1000;

export function summary(fields: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    conversation_id: "c1",
    channel: "call",
    external_id: "x1",
    language: "zh",
    queue: "default",
    customer: null,
    started_at: ORIGIN,
    ended_at: null,
    wrapped_up: false,
    text_out: false,
    insert_only: false,
    chat_url: null,
    direction: "inbound",
    ...fields,
  };
}

export function event(seq: number, payload: Event["payload"], conversation = "c1"): Event {
  return { conversation_id: conversation, seq, at: ORIGIN + seq, payload };
}

export function said(
  text: string,
  start: number,
  fields: Partial<Extract<Event["payload"], { type: "utterance" }>> = {},
): Event["payload"] {
  return {
    type: "utterance",
    utterance_id: `u${start}`,
    role: "customer",
    text,
    start,
    end: start + 1,
    leg: "customer",
    start_sample: null,
    end_sample: null,
    words: [],
    masked: [],
    message_id: null,
    language: "zh",
    sound: "speech",
    segment: null,
    ...fields,
  };
}

export function interim(text: string, leg = "customer"): PanelInterim {
  return { type: "interim", conversation_id: "c1", leg, role: "customer", text, start: 1, end: 2 };
}

export function card(id: string, fields: Partial<Card> = {}): Card {
  return {
    suggestion_id: id,
    article_id: `a-${id}`,
    article_version: 1,
    title: id,
    reply: `reply ${id}`,
    reply_to_send: `reply ${id}`,
    intent: null,
    confidence: 0.9,
    matched: "question",
    rank: 1,
    source: "final",
    model: "m",
    thresholds: {},
    holes: [],
    filled: {},
    why: [],
    ...fields,
  };
}

export function raised(cards: Card[], replaces: string[] = []): Event["payload"] {
  const receipt = {
    speech_end: null,
    first_interim: null,
    intent: null,
    retrieval: null,
    pushed: null,
    rendered: null,
    acted: null,
  };
  return { type: "suggestions.raised", trigger: "u1", trigger_text: "q", cards, receipt, replaces };
}

export function outcome(id: string, kind: Extract<Event["payload"], { type: "suggestion.outcome" }>["outcome"]): Event["payload"] {
  return { type: "suggestion.outcome", suggestion_id: id, outcome: kind, by: "a", action_id: null, text: null, score: null };
}

/** The same card, confirmed; what is not named stays as it was. */
export function revised(
  id: string,
  fields: Partial<Extract<Event["payload"], { type: "suggestion.revised" }>> = {},
): Event["payload"] {
  const same = { confidence: 0.9, rank: 1, matched: "question", confirmed: true };
  const none = { reply: null, reply_to_send: null, holes: null, filled: null };
  return { type: "suggestion.revised", suggestion_id: id, ...same, ...none, ...fields };
}
