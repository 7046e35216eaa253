/** Everything on the agent's panel, and how each message of the service changes it. No I/O. */
import type { ConversationSummary, Event, PanelServerMessage } from "@/wire";
import { applyEvent, applyInterim, newConversation, type ConversationState } from "./conversation";

export interface PanelState {
  /** False until the service has said which conversations are ours. */
  ready: boolean;
  /** Ids of the open conversations, oldest first. */
  order: string[];
  conversations: Record<string, ConversationState>;
  active: string | null;
  /** News in conversations that are not the active one, by id. */
  unread: Record<string, number>;
}

export const EMPTY: PanelState = { ready: false, order: [], conversations: {}, active: null, unread: {} };

export function applyMessage(state: PanelState, message: PanelServerMessage): PanelState {
  switch (message.type) {
    case "hello":
      return greeted(state, message.conversations);
    case "assigned":
      return assigned(state, message.conversation);
    case "unassigned":
      return closed(state, message.conversation_id);
    case "event":
      return happened(state, message.event);
    case "interim":
      return update(state, message.conversation_id, (conversation) => applyInterim(conversation, message));
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

function greeted(state: PanelState, summaries: ConversationSummary[]): PanelState {
  const open = summaries.filter((summary) => !summary.wrapped_up).sort((a, b) => a.started_at - b.started_at);
  const conversations = Object.fromEntries(
    open.map((summary) => {
      const known = state.conversations[summary.conversation_id];
      return [summary.conversation_id, known ? { ...known, summary } : newConversation(summary)];
    }),
  );
  const order = open.map((summary) => summary.conversation_id);
  const active = state.active && order.includes(state.active) ? state.active : (order[0] ?? null);
  return { ...state, ready: true, order, conversations, active };
}

/** A new conversation opens by itself only when no other one is open: one not wrapped up is never replaced. */
function assigned(state: PanelState, summary: ConversationSummary): PanelState {
  const id = summary.conversation_id;
  if (state.order.includes(id)) return update(state, id, (known) => ({ ...known, summary }));
  const next = {
    ...state,
    order: [...state.order, id],
    conversations: { ...state.conversations, [id]: newConversation(summary) },
  };
  return state.active === null ? select(next, id) : { ...next, unread: { ...next.unread, [id]: 1 } };
}

function closed(state: PanelState, id: string): PanelState {
  if (!state.order.includes(id)) return state;
  const order = state.order.filter((other) => other !== id);
  const { [id]: _gone, ...conversations } = state.conversations;
  const { [id]: _read, ...unread } = state.unread;
  const next = { ...state, order, conversations, unread };
  if (state.active !== id) return next;
  const successor = order.find((other) => unread[other]) ?? order[0];
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
  return payload.type === "utterance" && payload.role === "customer";
}

function update(
  state: PanelState,
  id: string,
  change: (conversation: ConversationState) => ConversationState,
): PanelState {
  const known = state.conversations[id];
  return known ? { ...state, conversations: { ...state.conversations, [id]: change(known) } } : state;
}
