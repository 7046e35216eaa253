/** What a conversation is in right now, as shown in its header and on its tab. No I/O. */
import type { Segment, SegmentKind } from "@/wire";
import type { ConversationState } from "./conversation";

export interface Phase {
  kind: SegmentKind | "chat";
  /** Since when, Unix seconds. */
  since: number;
}

export function phaseOf(state: ConversationState): Phase {
  const { summary, segments, endedAt } = state;
  const last = segments.at(-1);
  const since = summary.started_at + (last?.start ?? 0);
  if (endedAt !== null) return { kind: "wrap_up", since: last?.kind === "wrap_up" ? since : endedAt };
  if (summary.channel === "chat") return { kind: "chat", since: summary.started_at };
  // While people talk the length of the whole call is what counts.
  if (!last || last.kind === "talk") return { kind: "talk", since: summary.started_at };
  return { kind: last.kind, since };
}

/** Whether only the wrap-up is left to do. */
export function awaitsWrapUp(state: ConversationState): boolean {
  return phaseOf(state).kind === "wrap_up";
}

/** The segment at a time in seconds from the origin. */
export function segmentAt(segments: readonly Segment[], seconds: number): SegmentKind | null {
  const found = segments.findLast(({ start, end }) => start <= seconds && (end === null || seconds < end));
  return found?.kind ?? null;
}
