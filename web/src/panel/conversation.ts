/** One conversation as the panel knows it, and how each event changes it. No I/O: event in, next state out. */
import type {
  Card,
  ConversationSummary,
  DeliveryState,
  Event,
  OutcomeKind,
  PanelInterim,
  Role,
  SegmentKind,
} from "@/wire";

type Payload = Event["payload"];
type PayloadOf<T extends Payload["type"]> = Extract<Payload, { type: T }>;

/** How a text is getting on; `sending` is ours, until the service has queued it. */
export interface Delivery {
  state: DeliveryState | "sending";
  reason: string | null;
}

export interface SpokenLine {
  kind: "said";
  id: string;
  role: Role;
  text: string;
  start: number;
  end: number;
  messageId: string | null;
  actionId: string | null;
}

/** Audio that nobody heard, `missing` seconds of it. */
export interface GapLine {
  kind: "gap";
  id: string;
  start: number;
  end: number;
  missing: number;
}

export type Line = SpokenLine | GapLine;

export interface CardView {
  card: Card;
  /** The event that raised it: cards of one raise belong together. */
  raise: number;
  /** When it was raised, Unix seconds. */
  at: number;
  /** Id of what caused it: an utterance, one still open, or a search. */
  trigger: string;
  /** False for a card raised before the customer finished speaking, until the final words confirm it. */
  confirmed: boolean;
  replaced: boolean;
  outcome: OutcomeKind | null;
  messageId: string | null;
}

export interface ConversationState {
  summary: ConversationSummary;
  seq: number;
  customer: string | null;
  context: Record<string, string>;
  segment: SegmentKind | null;
  endedAt: number | null;
  wrappedUp: boolean;
  lines: Line[];
  /** By leg. */
  interims: Record<string, PanelInterim>;
  cards: CardView[];
  deliveries: Record<string, Delivery>;
  rendered: ReadonlySet<string>;
}

export function newConversation(summary: ConversationSummary): ConversationState {
  return {
    summary,
    seq: 0,
    customer: summary.customer,
    context: {},
    segment: null,
    endedAt: summary.ended_at,
    wrappedUp: summary.wrapped_up,
    lines: [],
    interims: {},
    cards: [],
    deliveries: {},
    rendered: new Set(),
  };
}

/** The state after `event`; an event seen before changes nothing. */
export function applyEvent(state: ConversationState, event: Event): ConversationState {
  if (event.seq <= state.seq) return state;
  return { ...state, ...change(state, event, event.payload), seq: event.seq };
}

/** The state with a leg's words so far; empty words take them away. */
export function applyInterim(state: ConversationState, interim: PanelInterim): ConversationState {
  const { [interim.leg]: _, ...others } = state.interims;
  return { ...state, interims: interim.text ? { ...others, [interim.leg]: interim } : others };
}

function change(state: ConversationState, event: Event, payload: Payload): Partial<ConversationState> {
  switch (payload.type) {
    case "conversation.started":
      return { customer: payload.customer ?? state.customer, context: payload.context };
    case "customer.bound":
      return { customer: payload.customer };
    case "segments.changed":
      return { segment: payload.segments.at(-1)?.kind ?? null };
    case "utterance":
      return said(state, payload);
    case "leg.gap":
      return { lines: insert(state.lines, gap(payload, event.seq)) };
    case "leg.ended":
      return { interims: without(state.interims, payload.leg) };
    case "suggestions.raised":
      return { cards: raised(state.cards, payload, event) };
    case "suggestion.revised":
      return { cards: state.cards.map((view) => revised(view, payload)) };
    case "suggestion.outcome":
      return { cards: patch(state.cards, payload.suggestion_id, { outcome: payload.outcome }) };
    case "suggestion.rendered":
      return { rendered: new Set([...state.rendered, ...payload.suggestion_ids]) };
    case "message.queued":
      return queued(state, event, payload);
    case "message.state":
      return { deliveries: { ...state.deliveries, [payload.message_id]: payload } };
    case "conversation.ended":
      return { endedAt: event.at, interims: {} };
    case "conversation.wrapped_up":
      return { wrappedUp: true };
    case "agent.bound":
    case "leg.started":
    case "leg.silence":
    case "switch.event":
      return {};
  }
}

function said(state: ConversationState, payload: PayloadOf<"utterance">): Partial<ConversationState> {
  const { leg, message_id } = payload;
  const open = leg === null ? undefined : state.interims[leg];
  const interims = open && open.start < payload.end ? without(state.interims, open.leg) : state.interims;
  if (message_id !== null && state.lines.some((line) => line.kind === "said" && line.messageId === message_id)) {
    return { interims };
  }
  const line: SpokenLine = {
    kind: "said",
    id: payload.utterance_id,
    role: payload.role,
    text: payload.text,
    start: payload.start,
    end: payload.end,
    messageId: message_id,
    actionId: null,
  };
  return { interims, lines: insert(state.lines, line) };
}

function queued(
  state: ConversationState,
  event: Event,
  payload: PayloadOf<"message.queued">,
): Partial<ConversationState> {
  const { message_id, action_id } = payload;
  const known = state.lines.some((line) => line.kind === "said" && line.messageId === message_id);
  const start = event.at - state.summary.started_at;
  const line: SpokenLine = {
    kind: "said",
    id: `message-${message_id}`,
    role: "agent",
    text: payload.text,
    start,
    end: start,
    messageId: message_id,
    actionId: action_id,
  };
  const lines = known
    ? state.lines.map((old) =>
        old.kind === "said" && old.messageId === message_id ? { ...old, actionId: action_id } : old,
      )
    : insert(state.lines, line);
  const delivery: Delivery = state.deliveries[message_id] ?? { state: "queued", reason: null };
  const cards = payload.suggestion_id
    ? patch(state.cards, payload.suggestion_id, { messageId: message_id })
    : state.cards;
  return { lines, cards, deliveries: { ...state.deliveries, [message_id]: delivery } };
}

function raised(cards: CardView[], payload: PayloadOf<"suggestions.raised">, event: Event): CardView[] {
  const replaced = new Set(payload.replaces);
  const kept = cards.map((view) => (replaced.has(view.card.suggestion_id) ? { ...view, replaced: true } : view));
  const added = payload.cards.map((card): CardView => {
    const confirmed = card.source !== "interim";
    const { seq: raise, at } = event;
    return { card, raise, at, trigger: payload.trigger, confirmed, replaced: false, outcome: null, messageId: null };
  });
  return [...kept, ...added];
}

function revised(view: CardView, payload: PayloadOf<"suggestion.revised">): CardView {
  if (view.card.suggestion_id !== payload.suggestion_id) return view;
  const { confidence, rank, matched, confirmed } = payload;
  return { ...view, confirmed, card: { ...view.card, confidence, rank, matched } };
}

function patch(cards: CardView[], id: string, fields: Partial<CardView>): CardView[] {
  return cards.map((view) => (view.card.suggestion_id === id ? { ...view, ...fields } : view));
}

/** The lines with one more, in the order in which they began. */
function insert(lines: Line[], line: Line): Line[] {
  const at = lines.findLastIndex((other) => other.start <= line.start) + 1;
  return [...lines.slice(0, at), line, ...lines.slice(at)];
}

function gap({ start, end, missing }: PayloadOf<"leg.gap">, seq: number): GapLine {
  return { kind: "gap", id: `gap-${seq}`, start, end, missing };
}

function without(interims: Record<string, PanelInterim>, leg: string): Record<string, PanelInterim> {
  const { [leg]: _, ...others } = interims;
  return others;
}
