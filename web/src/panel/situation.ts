/** What goes on around the words: legs and their languages, recording, consent, task, result. No I/O. */
import type { Consent, Role } from "@/wire";
import { insertLine, type Payload, type PayloadOf } from "./lines";

export interface Leg {
  role: Role;
  language: string;
  sampleRate: number;
  offset: number;
}

/** Something that changed at `start` (seconds from the origin), as one line of the transcript. */
export type Note = { id: string; start: number } & (
  | { kind: "role"; role: Role }
  | { kind: "language"; language: string }
  | { kind: "recording"; end: number | null }
  | { kind: "consent"; consent: Consent }
  | { kind: "result"; code: string }
);

/** What caused an outbound conversation. */
export interface Task {
  campaign: string | null;
  stage: string | null;
  product: string | null;
  context: Record<string, string>;
}

export interface Situation {
  /** Of the conversation, for who has no leg yet. */
  language: string;
  legs: Record<string, Leg>;
  recording: boolean;
  consent: Consent;
  task: Task;
  /** Business result, once it has come. */
  result: string | null;
  notes: Note[];
}

const NO_TASK: Task = { campaign: null, stage: null, product: null, context: {} };

export function newSituation(language: string): Situation {
  return { language, legs: {}, recording: true, consent: "unknown", task: NO_TASK, result: null, notes: [] };
}

/** The language that the customer speaks now. */
export function customerLanguage(situation: Situation): string {
  return Object.values(situation.legs).findLast((leg) => leg.role === "customer")?.language ?? situation.language;
}

/** Whether somebody is heard, but of no leg it is known that it is the customer's. */
export function speakersUnknown({ legs }: Situation): boolean {
  const roles = Object.values(legs).map((leg) => leg.role);
  return !roles.includes("customer") && roles.some((role) => role === "unknown" || role === "mixed");
}

/** The situation after an event; `at`: seconds from the origin at which it came. */
export function situated(state: Situation, payload: Payload, at: number, seq: number): Situation {
  switch (payload.type) {
    case "conversation.started": {
      const { language, campaign, stage, product, context } = payload;
      return { ...state, language, task: { campaign, stage, product, context } };
    }
    case "leg.started":
      return { ...state, legs: { ...state.legs, [payload.leg]: legOf(payload) } };
    case "leg.role": {
      const { leg, role } = payload;
      return noted(withLeg(state, leg, { role }), { kind: "role", id: `role-${seq}`, start: at, role });
    }
    case "leg.language":
      return spoken(state, payload, seq);
    case "conversation.language":
      return switched(state, { ...state, language: payload.language }, at, seq);
    case "recording.changed":
      return recorded(state, payload, seq);
    case "consent.changed": {
      const { consent } = payload;
      return noted({ ...state, consent }, { kind: "consent", id: `consent-${seq}`, start: at, consent });
    }
    case "switch.event": {
      const { what, code, when: start } = payload;
      if (what !== "result" || code === null) return state;
      return noted({ ...state, result: code }, { kind: "result", id: `result-${seq}`, start, code });
    }
    default:
      return state;
  }
}

function legOf(payload: PayloadOf<"leg.started">): Leg {
  const { role, language, sample_rate: sampleRate, offset } = payload;
  return { role, language, sampleRate, offset };
}

function withLeg(state: Situation, name: string, fields: Partial<Leg>): Situation {
  const leg = state.legs[name];
  return leg ? { ...state, legs: { ...state.legs, [name]: { ...leg, ...fields } } } : state;
}

function noted(state: Situation, note: Note): Situation {
  return { ...state, notes: insertLine(state.notes, note) };
}

function spoken(state: Situation, payload: PayloadOf<"leg.language">, seq: number): Situation {
  const { leg, language, start_sample } = payload;
  const known = state.legs[leg];
  if (!known) return state;
  return switched(state, withLeg(state, leg, { language }), known.offset + start_sample / known.sampleRate, seq);
}

/** One line for a switch of several legs at once: that of the customer. */
function switched(before: Situation, after: Situation, start: number, seq: number): Situation {
  const language = customerLanguage(after);
  if (language === customerLanguage(before)) return after;
  return noted(after, { kind: "language", id: `language-${seq}`, start, language });
}

/** Stretches that are not recorded: begun by one event, closed by the next of the other kind. */
function recorded(state: Situation, { recording, when }: PayloadOf<"recording.changed">, seq: number): Situation {
  if (recording === state.recording) return state;
  if (!recording) {
    return noted({ ...state, recording }, { kind: "recording", id: `recording-${seq}`, start: when, end: null });
  }
  const notes = state.notes.map((note) =>
    note.kind === "recording" && note.end === null ? { ...note, end: Math.max(note.start, when) } : note,
  );
  return { ...state, recording, notes };
}
