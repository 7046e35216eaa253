/** What the agent can do with a card, and what came of it. */
import { computed, reactive, ref, type ComputedRef, type Ref } from "vue";
import type { Problem } from "@/wire";
import { isOpen } from "./cards";
import { completed, holesOf } from "./holes";
import type { Draft } from "./desk";
import type { CardView, ConversationState } from "./conversation";
import type { NewAction } from "./outbox";
import type { Panel } from "./usePanel";

export interface CardActions {
  /** The card whose text is to go out to the caller, once confirmed. */
  confirming: Ref<string | null>;
  /** The card being edited, kept with its text while other conversations are in front. */
  editing: ComputedRef<string | null>;
  edited: Ref<string>;
  /** What was typed into the holes of a card's reply. */
  fills: (view: CardView) => Readonly<Record<string, string>>;
  fill: (view: CardView, hole: string, value: string) => void;
  clear: (view: CardView) => void;
  /** The card whose holes have to be completed before its main button does anything, and how often that was tried. */
  incomplete: Ref<{ id: string; times: number } | null>;
  /** Ids of cards with an action on its way. */
  busy: ComputedRef<ReadonlySet<string>>;
  /** Why the last action on a card failed, by card. */
  problems: Record<string, Problem | null>;
  /** Use, send or insert: what the card's main button does in this conversation, once no hole is left in the text. */
  main: (view: CardView, edited?: string) => Promise<void>;
  edit: (view: CardView) => void;
  /** Leaves editing or the second step of sending. */
  cancel: () => void;
  dismiss: (view: CardView) => Promise<void>;
  notRight: (view: CardView) => Promise<void>;
  /** On a call: sends the text to the customer; the service asks for a second step first. */
  sendOut: (view: CardView, confirmed: boolean) => Promise<void>;
}

export function useCardActions(
  panel: () => Panel,
  conversation: () => ConversationState,
  inserted: () => void,
): CardActions {
  const confirming = ref<string | null>(null);
  const incomplete = ref<{ id: string; times: number } | null>(null);
  const draft = (): Draft => panel().draft(conversation().summary.conversation_id);
  const editing = computed(() => draft().editing);
  const edited = computed({ get: () => draft().edited, set: (text) => (draft().edited = text) });
  const problems = reactive<Record<string, Problem | null>>({});
  const busy = computed(() => {
    const ids = panel().pending.value.map((action) => ("suggestion_id" in action ? action.suggestion_id : null));
    return new Set(ids.filter((id) => id != null));
  });

  async function run(view: CardView, action: NewAction): Promise<Problem | null> {
    const id = view.card.suggestion_id;
    problems[id] = null;
    const result = await panel().act(action);
    return result.ok ? null : result.problem;
  }

  async function plain(view: CardView, type: "dismiss" | "not_right"): Promise<void> {
    if (!canAct(view)) return;
    problems[view.card.suggestion_id] = await run(view, { type, ...ids(view) });
  }

  function canAct(view: CardView): boolean {
    return isOpen(view) && !busy.value.has(view.card.suggestion_id);
  }

  function ids(view: CardView): { conversation_id: string; suggestion_id: string } {
    return { conversation_id: conversation().summary.conversation_id, suggestion_id: view.card.suggestion_id };
  }

  function insert(view: CardView, text: string): void {
    Object.assign(draft(), { text, suggestionId: view.card.suggestion_id });
    inserted();
  }

  function fills(view: CardView): Readonly<Record<string, string>> {
    return draft().fills[view.card.suggestion_id] ?? {};
  }

  function fill(view: CardView, hole: string, value: string): void {
    const id = view.card.suggestion_id;
    draft().fills[id] = { ...draft().fills[id], [hole]: value };
  }

  /** Whether nothing is missing in the text; tells the card if there is. */
  function whole(view: CardView, text: string): boolean {
    if (holesOf(text).length === 0) return true;
    incomplete.value = { id: view.card.suggestion_id, times: (incomplete.value?.times ?? 0) + 1 };
    return false;
  }

  async function main(view: CardView, changed?: string): Promise<void> {
    if (!canAct(view)) return;
    const { channel, insert_only } = conversation().summary;
    const reply = channel === "call" ? view.card.reply : view.card.reply_to_send;
    const text = changed ?? completed(reply, fills(view));
    if (!whole(view, text)) return;
    draft().editing = null;
    if (channel === "chat" && insert_only) return insert(view, text);
    const action: NewAction =
      channel === "chat"
        ? { type: "send", ...ids(view), text }
        : { type: "use", ...ids(view), ...(changed === undefined && text === reply ? {} : { text }) };
    problems[view.card.suggestion_id] = await run(view, action);
  }

  async function sendOut(view: CardView, confirmed: boolean): Promise<void> {
    if (busy.value.has(view.card.suggestion_id)) return;
    const text = completed(view.card.reply_to_send, fills(view));
    // The second step shows the text with its holes to complete.
    confirming.value = holesOf(text).length ? view.card.suggestion_id : null;
    if (confirming.value) return;
    const problem = await run(view, { type: "send", ...ids(view), text, confirmed });
    if (problem?.code === "policy" && !confirmed) confirming.value = view.card.suggestion_id;
    else problems[view.card.suggestion_id] = problem;
  }

  function edit(view: CardView): void {
    const text = conversation().summary.channel === "call" ? view.card.reply : view.card.reply_to_send;
    Object.assign(draft(), { editing: view.card.suggestion_id, edited: completed(text, fills(view)) });
  }

  function cancel(): void {
    draft().editing = null;
    confirming.value = null;
  }

  return {
    confirming,
    editing,
    edited,
    edit,
    cancel,
    fills,
    fill,
    clear: (view) => void delete draft().fills[view.card.suggestion_id],
    incomplete,
    busy,
    problems,
    main,
    sendOut,
    dismiss: (view) => plain(view, "dismiss"),
    notRight: (view) => plain(view, "not_right"),
  };
}
