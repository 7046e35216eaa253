/** Actions on their way to the service. Each keeps its id and is sent again after a lost connection until answered. */
import type { ActionResult, PanelClientMessage } from "@/wire";
import { randomId } from "@/lib/ids";

export type PanelAction = Extract<PanelClientMessage, { action_id: string }>;
type WithoutId<T> = T extends unknown ? Omit<T, "action_id"> : never;
/** An action before it has its id. */
export type NewAction = WithoutId<PanelAction>;

interface Entry {
  action: PanelAction;
  answered: (result: ActionResult) => void;
}

export class Outbox {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly send: (action: PanelAction) => void,
    private readonly changed: (pending: PanelAction[]) => void,
  ) {}

  /** Sends the action and waits, across reconnects, for its answer. */
  act(fresh: NewAction): Promise<ActionResult> {
    const action: PanelAction = { ...fresh, action_id: randomId() };
    return new Promise((answered) => {
      this.entries.set(action.action_id, { action, answered });
      this.tell();
      this.send(action);
    });
  }

  answer(result: ActionResult): void {
    const entry = this.entries.get(result.action_id);
    this.entries.delete(result.action_id);
    this.tell();
    entry?.answered(result);
  }

  resend(): void {
    for (const { action } of this.entries.values()) this.send(action);
  }

  /** Lets go of the actions on conversations that are not ours any more; whoever waits hears that they are stale. */
  keepOnly(conversationIds: ReadonlySet<string>): void {
    for (const { action } of [...this.entries.values()]) {
      if (conversationIds.has(action.conversation_id)) continue;
      const problem = { code: "stale", message: "" } as const;
      this.answer({ type: "action_result", action_id: action.action_id, ok: false, problem });
    }
  }

  private tell(): void {
    this.changed([...this.entries.values()].map((entry) => entry.action));
  }
}
