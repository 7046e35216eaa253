/** Everything on the agent's panel, and how each message of the service changes it. No I/O. */
import type { Claim, ConversationSummary, Event, PanelServerMessage } from "@/wire";
import { applyEvent, applyInterim, newConversation, type ConversationState } from "./conversation";
import { awaitsWrapUp } from "./phase";

export interface PanelState {
  /** False until the service has said which conversations are ours. */
  ready: boolean;
  /** Ids of the open conversations, oldest first. */
  order: string[];
  conversations: Record<string, ConversationState>;
  active: string | null;
  /** News in conversations that are not the active one, by id. */
  unread: Record<string, number>;
  /** Calls that wait for their agent, oldest first. */
  claims: Claim[];
  /** How many conversations were taken away, and not because the agent wrapped them up. */
  departed: number;
}

export const EMPTY: PanelState = {
  ready: false,
  order: [],
  conversations: {},
  active: null,
  unread: {},
  claims: [],
  departed: 0,
};

export function applyMessage(state: PanelState, message: PanelServerMessage): PanelState {
  switch (message.type) {
    case "hello":
      return greeted(state, message.conversations);
    case "assigned":
      return assigned(state, message.conversation);
    case "unassigned":
      return taken(state, message.conversation_id);
    case "claims":
      return { ...state, claims: [...message.calls].sort((a, b) => a.started_at - b.started_at) };
    case "event":
      return happened(state, message.event);
    case "interim":
      return update(state, message.conversation_id, (conversation) => applyInterim(conversation, message));
    case "lag":
      return update(state, message.conversation_id, (conversation) => ({
        ...conversation,
        lag: message.seconds,
        away: message.away,
      }));
    case "pong":
    case "action_result":
    case "error":
      return state;
  }
}

/** The state with another conversation in front. */
export function select(state: PanelState, id: string): PanelState {
  return state.order.includes(id) ? { ...state, active: id, unread: { ...state.unread, [id]: 0 } } : state;
}

/** The state without a call that need not be offered any more. */
export function withoutClaim(state: PanelState, id: string): PanelState {
  return { ...state, claims: state.claims.filter((claim) => claim.conversation_id !== id) };
}

/** What the service says is ours, is; everything else goes, with all that was known of it. */
function greeted(state: PanelState, summaries: ConversationSummary[]): PanelState {
  const open = summaries.filter((summary) => !summary.wrapped_up).sort((a, b) => a.started_at - b.started_at);
  const conversations = Object.fromEntries(
    open.map((summary) => {
      const known = state.conversations[summary.conversation_id];
      return [summary.conversation_id, known ? { ...known, summary } : newConversation(summary)];
    }),
  );
  const order = open.map((summary) => summary.conversation_id);
  const unread = Object.fromEntries(Object.entries(state.unread).filter(([id]) => order.includes(id)));
  const departed = state.departed + state.order.filter((id) => !order.includes(id)).length;
  // What somebody waits in comes before what only needs its wrap-up.
  const first = order.find((id) => !awaitsWrapUp(conversations[id]!)) ?? order[0] ?? null;
  const active = state.active && order.includes(state.active) ? state.active : first;
  return { ready: true, order, conversations, active, unread, claims: [], departed };
}

/** A new conversation opens by itself only when no other one is open: one not wrapped up is never replaced. */
function assigned(state: PanelState, summary: ConversationSummary): PanelState {
  const id = summary.conversation_id;
  if (state.order.includes(id)) return update(state, id, (known) => ({ ...known, summary }));
  const next = {
    ...withoutClaim(state, id),
    order: [...state.order, id],
    conversations: { ...state.conversations, [id]: newConversation(summary) },
  };
  return state.active === null ? select(next, id) : { ...next, unread: { ...next.unread, [id]: 1 } };
}

function taken(state: PanelState, id: string): PanelState {
  if (!state.order.includes(id)) return state;
  return { ...closed(state, id), departed: state.departed + 1 };
}

function closed(state: PanelState, id: string): PanelState {
  const order = state.order.filter((other) => other !== id);
  const { [id]: _gone, ...conversations } = state.conversations;
  const { [id]: _read, ...unread } = state.unread;
  const next = { ...state, order, conversations, unread };
  if (state.active !== id) return next;
  // What somebody waits in comes before what only needs its wrap-up.
  const live = order.filter((other) => !awaitsWrapUp(conversations[other]!));
  const successor = live.find((other) => unread[other]) ?? live[0] ?? order[0];
  return successor ? select(next, successor) : { ...next, active: null };
}

function happened(state: PanelState, event: Event): PanelState {
  const id = event.conversation_id;
  const before = state.conversations[id];
  if (!before || event.seq <= before.seq) return state;
  const next = update(state, id, (conversation) => applyEvent(conversation, event));
  if (next.conversations[id]?.wrappedUp) return closed(next, id);
  if (id === state.active || !isNews(event)) return next;
  return { ...next, unread: { ...next.unread, [id]: (next.unread[id] ?? 0) + 1 } };
}

function isNews({ payload }: Event): boolean {
  return payload.type === "utterance" && payload.role === "customer" && payload.sound === "speech";
}

function update(
  state: PanelState,
  id: string,
  change: (conversation: ConversationState) => ConversationState,
): PanelState {
  const known = state.conversations[id];
  return known ? { ...state, conversations: { ...state.conversations, [id]: change(known) } } : state;
}
