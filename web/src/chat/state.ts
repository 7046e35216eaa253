/** The customer's chat, and how each message of the service changes it. No I/O. */
import type { ChatLine, ChatServerMessage, Problem } from "@/wire";

/** A message of the customer that the service has not echoed yet. */
export interface PendingLine {
  client_id: string;
  text: string;
  problem: Problem | null;
}

export interface ChatState {
  ready: boolean;
  bank: string;
  language: string;
  ended: boolean;
  /** The link does not open this chat (any more). */
  refused: boolean;
  lines: ChatLine[];
  pending: PendingLine[];
}

export const EMPTY_CHAT: ChatState = {
  ready: false,
  bank: "",
  language: "zh",
  ended: false,
  refused: false,
  lines: [],
  pending: [],
};

const REFUSALS: ReadonlySet<Problem["code"]> = new Set(["unauthenticated", "forbidden", "not_found"]);

export function applyChat(state: ChatState, message: ChatServerMessage): ChatState {
  switch (message.type) {
    case "hello": {
      const { bank, language, ended } = message;
      return message.lines.reduce(withLine, { ...state, ready: true, bank, language, ended });
    }
    case "message":
      return withLine(state, message);
    case "ended":
      return { ...state, ended: true };
    case "error":
      return failed(state, message.problem);
  }
}

export function addPending(state: ChatState, line: PendingLine): ChatState {
  const others = state.pending.filter((other) => other.client_id !== line.client_id);
  return { ...state, pending: [...others, line] };
}

/** The state with a line; one that is known already may still be the answer to a message sent again. */
function withLine(state: ChatState, line: ChatLine): ChatState {
  const known = state.lines.some((other) => other.message_id === line.message_id);
  return {
    ...state,
    lines: known ? state.lines : [...state.lines, line],
    pending: state.pending.filter((pending) => pending.client_id !== line.client_id),
  };
}

/** Before the hello an error means that the link is refused; after it, that the oldest unsent message failed. */
function failed(state: ChatState, problem: Problem): ChatState {
  if (REFUSALS.has(problem.code)) return { ...state, refused: true };
  if (problem.code === "conversation_ended") return { ...state, ended: true };
  const first = state.pending.find((line) => line.problem === null);
  if (!first) return state;
  return { ...state, pending: state.pending.map((line) => (line === first ? { ...line, problem } : line)) };
}
