/** The lines of a transcript: what was said or written, and audio that nobody heard. No I/O. */
import type { DeliveryState, Event, Role, SegmentKind } from "@/wire";

export type Payload = Event["payload"];
export type PayloadOf<T extends Payload["type"]> = Extract<Payload, { type: T }>;
/** What was heard: somebody talking, hold music, or a recorded announcement. */
export type Sound = PayloadOf<"utterance">["sound"];

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
  leg: string | null;
  language: string;
  sound: Sound;
  /** What went on while it was said, as far as was known when it was stored. */
  segment: SegmentKind | null;
}

/** Audio that nobody heard, `missing` seconds of it. */
export interface GapLine {
  kind: "gap";
  id: string;
  start: number;
  end: number;
  missing: number;
  reason: string;
}

export type Line = SpokenLine | GapLine;

export function lineSaid(payload: PayloadOf<"utterance">): SpokenLine {
  const { utterance_id: id, role, text, start, end, message_id: messageId, leg, language, sound, segment } = payload;
  return { kind: "said", id, role, text, start, end, messageId, actionId: null, leg, language, sound, segment };
}

/** A text of the agent on its way to the customer; `start` in seconds from the origin. */
export function lineQueued(payload: PayloadOf<"message.queued">, start: number, language: string): SpokenLine {
  return {
    kind: "said",
    id: `message-${payload.message_id}`,
    role: "agent",
    text: payload.text,
    start,
    end: start,
    messageId: payload.message_id,
    actionId: payload.action_id,
    leg: null,
    language,
    sound: "speech",
    segment: null,
  };
}

export function lineGap({ start, end, missing, reason }: PayloadOf<"leg.gap">, seq: number): GapLine {
  return { kind: "gap", id: `gap-${seq}`, start, end, missing, reason };
}

/** The lines with one more, in the order in which they began. */
export function insertLine<T extends { start: number }>(lines: readonly T[], line: T): T[] {
  const at = lines.findLastIndex((other) => other.start <= line.start) + 1;
  return [...lines.slice(0, at), line, ...lines.slice(at)];
}

export function hasMessage(lines: readonly Line[], messageId: string): boolean {
  return lines.some((line) => line.kind === "said" && line.messageId === messageId);
}
