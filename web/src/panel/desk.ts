/** What the agent has begun in each conversation, kept while other conversations are in front. */
import { reactive } from "vue";

export interface Draft {
  /** The message box. */
  text: string;
  suggestionId: string | null;
  /** The wrap-up form. */
  note: string;
  code: string | null;
  /** The search, and what lies over the conversation where there is no room for a column. */
  query: string;
  sheet: "search" | "wrapUp" | null;
  /** The card being edited, and its text so far. */
  editing: string | null;
  edited: string;
  /** What was typed into the holes of replies, by card and hole. */
  fills: Record<string, Record<string, string>>;
  /** Where the transcript stands; null: at its end. */
  scroll: number | null;
}

export class Desk {
  private readonly drafts: Record<string, Draft> = reactive({});

  of(id: string): Draft {
    return (this.drafts[id] ??= emptyDraft());
  }

  /** Forgets every word typed in conversations that are not ours any more. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of Object.keys(this.drafts)) if (!ids.has(id)) delete this.drafts[id];
  }
}

function emptyDraft(): Draft {
  return {
    text: "",
    suggestionId: null,
    note: "",
    code: null,
    query: "",
    sheet: null,
    editing: null,
    edited: "",
    fills: {},
    scroll: null,
  };
}
