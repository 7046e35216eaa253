/** The live chat of the customer's page. */
import { onUnmounted, readonly, ref, shallowRef, type Ref } from "vue";
import { randomId } from "@/lib/ids";
import { rest } from "@/api/rest";
import { LastingSocket } from "@/lib/socket";
import type { ChatClientMessage, ChatServerMessage } from "@/wire";
import { addPending, applyChat, EMPTY_CHAT, type ChatState, type PendingLine } from "./state";

export interface Chat {
  state: Readonly<Ref<ChatState>>;
  connected: Readonly<Ref<boolean>>;
  say: (text: string) => void;
  again: (line: PendingLine) => void;
  /** Tells the service that these messages of the agent have been seen. */
  received: (messageIds: string[]) => void;
  end: () => void;
}

/**
 * A browser does not tell why an upgrade was refused. A link that is turned away this often in a row by a service
 * that is well is taken as refused.
 */
const REFUSALS = 2;

export function useChat(token: string): Chat {
  const state = shallowRef<ChatState>(token ? EMPTY_CHAT : { ...EMPTY_CHAT, refused: true });
  const connected = ref(false);
  const told = new Set<string>();
  let turnedAway = 0;
  const send = (message: ChatClientMessage): boolean => socket?.send(message) ?? false;

  function say({ client_id, text }: PendingLine): void {
    state.value = addPending(state.value, { client_id, text, problem: null });
    send({ type: "say", client_id, text });
  }

  function receive(data: string): void {
    const message = JSON.parse(data) as ChatServerMessage;
    state.value = applyChat(state.value, message);
    if (message.type !== "hello") return;
    connected.value = true;
    told.clear();
    state.value.pending.forEach(say);
  }

  const socket = token
    ? new LastingSocket(`/v1/chat?token=${encodeURIComponent(token)}`, {
        onOpen: () => (turnedAway = -1),
        onMessage: receive,
        onLost: async () => {
          connected.value = false;
          turnedAway = (await rest.healthy()) ? turnedAway + 1 : 0;
          if (turnedAway >= REFUSALS) state.value = { ...state.value, refused: true };
          return !state.value.refused && !state.value.ended;
        },
      })
    : null;
  onUnmounted(() => socket?.close());

  return {
    state: readonly(state) as Readonly<Ref<ChatState>>,
    connected: readonly(connected),
    say: (text) => say({ client_id: randomId(), text, problem: null }),
    again: say,
    received: (ids) => {
      for (const id of ids) if (!told.has(id) && send({ type: "received", message_id: id })) told.add(id);
    },
    end: () => send({ type: "end" }),
  };
}
