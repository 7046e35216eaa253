/** One conversation as the panel knows it, and how each event changes it. No I/O: event in, next state out. */
import type { ConversationSummary, Event, PanelInterim, Segment } from "@/wire";
import { patch, raised, revised, type CardView } from "./cardView";
import {
  hasMessage,
  insertLine,
  lineGap,
  lineQueued,
  lineSaid,
  type Delivery,
  type Line,
  type Payload,
  type PayloadOf,
} from "./lines";
import { customerLanguage, newSituation, situated, type Situation } from "./situation";

export type { CardView } from "./cardView";
export type { Delivery, GapLine, Line, SpokenLine } from "./lines";

export interface ConversationState {
  summary: ConversationSummary;
  seq: number;
  customer: string | null;
  situation: Situation;
  segments: Segment[];
  endedAt: number | null;
  wrappedUp: boolean;
  lines: Line[];
  /** By leg. */
  interims: Record<string, PanelInterim>;
  /** Seconds by which recognition is behind what is being said; 0 while that is not worth saying. */
  lag: number;
  /** Nothing comes in: the phone system's connection is gone. */
  away: boolean;
  cards: CardView[];
  deliveries: Record<string, Delivery>;
  rendered: ReadonlySet<string>;
}

export function newConversation(summary: ConversationSummary): ConversationState {
  return {
    summary,
    seq: 0,
    customer: summary.customer,
    situation: newSituation(summary.language),
    segments: [],
    endedAt: summary.ended_at,
    wrappedUp: summary.wrapped_up,
    lines: [],
    interims: {},
    lag: 0,
    away: false,
    cards: [],
    deliveries: {},
    rendered: new Set(),
  };
}

/** The state after `event`; an event seen before changes nothing. */
export function applyEvent(state: ConversationState, event: Event): ConversationState {
  if (event.seq <= state.seq) return state;
  const at = Math.max(0, event.at - state.summary.started_at);
  const situation = situated(state.situation, event.payload, at, event.seq);
  return { ...state, situation, ...change(state, event, event.payload), seq: event.seq };
}

/** The state with a leg's words so far; empty words take them away. */
export function applyInterim(state: ConversationState, interim: PanelInterim): ConversationState {
  const { [interim.leg]: _, ...others } = state.interims;
  return { ...state, interims: interim.text ? { ...others, [interim.leg]: interim } : others };
}

/** The cards in the language that the customer speaks now. */
export function speakableCards(state: ConversationState): CardView[] {
  const language = customerLanguage(state.situation);
  return state.cards.filter((view) => view.language === language);
}

function change(state: ConversationState, event: Event, payload: Payload): Partial<ConversationState> {
  switch (payload.type) {
    case "conversation.started":
      return { customer: payload.customer ?? state.customer };
    case "customer.bound":
      return { customer: payload.customer };
    case "segments.changed":
      return { segments: payload.segments };
    case "utterance":
      return said(state, payload);
    case "leg.gap":
      return { lines: insertLine<Line>(state.lines, lineGap(payload, event.seq)) };
    case "leg.started":
      return { endedAt: null };
    case "leg.ended":
      return { interims: without(state.interims, payload.leg) };
    case "suggestions.raised":
      return { cards: raised(state.cards, payload, event, causeLanguage(state, payload)) };
    case "suggestion.revised":
      return { cards: state.cards.map((view) => revised(view, payload)) };
    case "suggestion.outcome":
      return { cards: patch(state.cards, payload.suggestion_id, judged(payload)) };
    case "suggestion.rendered":
      return { rendered: new Set([...state.rendered, ...payload.suggestion_ids]) };
    case "message.queued":
      return queued(state, event, payload);
    case "message.state":
      return { deliveries: { ...state.deliveries, [payload.message_id]: payload } };
    case "conversation.ended":
      return { endedAt: event.at, interims: {}, lag: 0, away: false };
    case "conversation.wrapped_up":
      return { wrappedUp: true };
    default:
      return {};
  }
}

function judged({ outcome, text }: PayloadOf<"suggestion.outcome">): Partial<CardView> {
  return text === null ? { outcome } : { outcome, said: text };
}

function said(state: ConversationState, payload: PayloadOf<"utterance">): Partial<ConversationState> {
  const { leg, message_id } = payload;
  const open = leg === null ? undefined : state.interims[leg];
  const interims = open && open.start < payload.end ? without(state.interims, open.leg) : state.interims;
  if (message_id !== null && hasMessage(state.lines, message_id)) return { interims };
  return { interims, lines: insertLine<Line>(state.lines, lineSaid(payload)) };
}

function queued(
  state: ConversationState,
  event: Event,
  payload: PayloadOf<"message.queued">,
): Partial<ConversationState> {
  const { message_id, action_id } = payload;
  const line = lineQueued(payload, event.at - state.summary.started_at, customerLanguage(state.situation));
  const lines = hasMessage(state.lines, message_id)
    ? state.lines.map((old) =>
        old.kind === "said" && old.messageId === message_id ? { ...old, actionId: action_id } : old,
      )
    : insertLine<Line>(state.lines, line);
  const delivery: Delivery = state.deliveries[message_id] ?? { state: "queued", reason: null };
  const cards = payload.suggestion_id
    ? patch(state.cards, payload.suggestion_id, { messageId: message_id })
    : state.cards;
  return { lines, cards, deliveries: { ...state.deliveries, [message_id]: delivery } };
}

/** The language of the utterance that caused cards; for words still open and for searches the customer's of now. */
function causeLanguage(state: ConversationState, { trigger }: PayloadOf<"suggestions.raised">): string {
  const line = state.lines.findLast((other) => other.id === trigger);
  return line?.kind === "said" ? line.language : customerLanguage(state.situation);
}

function without(interims: Record<string, PanelInterim>, leg: string): Record<string, PanelInterim> {
  const { [leg]: _, ...others } = interims;
  return others;
}
