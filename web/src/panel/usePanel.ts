/** The live panel: its socket, its state, its clock and its actions. One per logged-in page. */
import { inject, readonly, ref, shallowRef, type InjectionKey, type Ref } from "vue";
import type { ActionResult, ErrorCode, PanelClientMessage, PanelServerMessage, Problem } from "@/wire";
import { addSample, clockOffset, type ClockSample } from "@/lib/clock";
import { LastingSocket } from "@/lib/socket";
import { localNow } from "@/lib/time";
import { Desk, type Draft } from "./desk";
import { Outbox, type NewAction, type PanelAction } from "./outbox";
import { applyMessage, EMPTY, select, withoutClaim, type PanelState } from "./state";

export type Connection = "connecting" | "open" | "lost";

export interface Panel {
  state: Readonly<Ref<PanelState>>;
  connection: Readonly<Ref<Connection>>;
  /** The last error that the service told outside of an action. */
  problem: Ref<Problem | null>;
  pending: Readonly<Ref<readonly PanelAction[]>>;
  act: (action: NewAction) => Promise<ActionResult>;
  select: (id: string) => void;
  draft: (id: string) => Draft;
  /** The call is somebody's by now: `mine` says whose. One of ours comes to the front as soon as it is here. */
  claimed: (id: string, mine: boolean) => void;
  /** Tells the service that these cards are painted now. */
  rendered: (conversationId: string, suggestionIds: string[]) => void;
  /** Unix seconds on the service's clock. */
  serverNow: () => number;
  close: () => void;
}

export const PANEL: InjectionKey<Readonly<Ref<Panel | null>>> = Symbol("panel");

const PING_EVERY = 5000;
const PING_BURST = 6;
const ANSWER_WITHIN = 12_000;
/** What we asked of a conversation just before it was taken away is refused; nobody needs to read that. */
const AFTERMATH_MS = 5000;
const AFTERMATH: ReadonlySet<ErrorCode> = new Set(["forbidden", "not_found", "stale", "conflict"]);

/** Opens the panel's socket. `stillLoggedIn` is asked after each loss; answering false ends it. */
export function openPanel(stillLoggedIn: () => Promise<boolean>): Panel {
  const state = shallowRef<PanelState>(EMPTY);
  const connection = ref<Connection>("connecting");
  const problem = ref<Problem | null>(null);
  const pending = shallowRef<readonly PanelAction[]>([]);
  const desk = new Desk();
  let wanted: string | null = null;
  let takenAt = -Infinity;
  let samples: ClockSample[] = [];
  let heard = performance.now();

  const send = (message: PanelClientMessage): boolean => socket.send(message);
  const outbox = new Outbox(send, (actions) => (pending.value = actions));
  const ping = (): boolean => send({ type: "ping", client_time: localNow() });

  function watch(id: string): void {
    send({ type: "watch", conversation_id: id, after_seq: state.value.conversations[id]?.seq ?? 0 });
  }

  function receive(data: string): void {
    heard = performance.now();
    const message = JSON.parse(data) as PanelServerMessage;
    const before = state.value;
    state.value = applyMessage(before, message);
    if (state.value.departed > before.departed) letGo();
    if (message.type === "hello") greet();
    else if (message.type === "assigned") welcome(message.conversation.conversation_id);
    else if (message.type === "action_result") outbox.answer(message);
    else if (message.type === "error") complain(message.problem);
    else if (message.type === "pong") {
      samples = addSample(samples, { sent: message.client_time, received: localNow(), server: message.server_time });
    }
  }

  function welcome(id: string): void {
    watch(id);
    if (id === wanted) claimed(id, true);
  }

  function claimed(id: string, mine: boolean): void {
    state.value = withoutClaim(state.value, id);
    wanted = mine && !state.value.order.includes(id) ? id : null;
    if (mine) state.value = select(state.value, id);
  }

  function letGo(): void {
    takenAt = performance.now();
    const ours = new Set(state.value.order);
    outbox.keepOnly(ours);
    desk.keepOnly(ours);
  }

  function complain(told: Problem): void {
    if (performance.now() - takenAt > AFTERMATH_MS || !AFTERMATH.has(told.code)) problem.value = told;
  }

  function greet(): void {
    connection.value = "open";
    problem.value = null;
    state.value.order.forEach(watch);
    outbox.resend();
    for (let i = 0; i < PING_BURST; i++) window.setTimeout(ping, i * 120);
  }

  const socket = new LastingSocket("/v1/panel", {
    onOpen: () => (heard = performance.now()),
    onMessage: receive,
    onLost: () => {
      connection.value = "lost";
      return stillLoggedIn();
    },
  });
  const beat = window.setInterval(() => {
    if (connection.value === "open" && performance.now() - heard > ANSWER_WITHIN) socket.restart();
    ping();
  }, PING_EVERY);

  return {
    state: readonly(state) as Readonly<Ref<PanelState>>,
    connection: readonly(connection),
    problem,
    pending: readonly(pending) as Readonly<Ref<readonly PanelAction[]>>,
    act: (action) => outbox.act(action),
    claimed,
    select: (id) => (state.value = select(state.value, id)),
    draft: (id) => desk.of(id),
    serverNow: () => localNow() + clockOffset(samples),
    rendered: (conversationId, suggestionIds) => {
      const rendered = localNow() + clockOffset(samples);
      send({ type: "rendered", conversation_id: conversationId, suggestion_ids: suggestionIds, rendered });
    },
    close: () => {
      window.clearInterval(beat);
      socket.close();
    },
  };
}

export function usePanel(): Readonly<Ref<Panel | null>> {
  const panel = inject(PANEL);
  if (!panel) throw new Error("no panel is provided here");
  return panel;
}
