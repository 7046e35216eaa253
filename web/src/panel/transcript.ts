/** The transcript as rows: words, sounds, gaps, bands for what the switch told, notes. No I/O. */
import type { Segment, SegmentKind } from "@/wire";
import type { ConversationState } from "./conversation";
import type { GapLine, Line, Sound, SpokenLine } from "./lines";
import { segmentAt } from "./phase";
import type { Note } from "./situation";

/** What goes on in a segment that is no plain talk; `seconds` is null while it lasts. */
export interface BandRow {
  kind: "band";
  id: string;
  start: number;
  segment: SegmentKind;
  seconds: number | null;
}

/** Music or an announcement: one row, however many utterances were heard of it. */
export interface SoundRow {
  kind: "sound";
  id: string;
  start: number;
  end: number;
  sound: Exclude<Sound, "speech">;
}

export interface SaidRow {
  kind: "said";
  id: string;
  start: number;
  line: SpokenLine;
  /** Said where the customer and the agent do not talk with each other. */
  aside: boolean;
}

export type Row = SaidRow | SoundRow | BandRow | GapLine | Note;

const ASIDE: ReadonlySet<SegmentKind | null> = new Set(["hold", "consult", "ivr", "ringing"]);

/** Whether words of such a stretch are not meant for the other side. */
export function isAside(segment: SegmentKind | null): boolean {
  return ASIDE.has(segment);
}

export function rowsOf({ lines, segments, situation }: ConversationState): Row[] {
  const before: Row[] = [...segments.flatMap(band), ...situation.notes];
  const words = lines.reduce<Row[]>((rows, line) => withLine(rows, line, segments), []);
  // Stable: a band comes before what is said in it.
  return [...before, ...words].sort((a, b) => a.start - b.start);
}

function band({ kind, start, end }: Segment): BandRow[] {
  if (kind === "talk") return [];
  return [{ kind: "band", id: `band-${kind}-${start}`, start, segment: kind, seconds: end === null ? null : end - start }];
}

function withLine(rows: Row[], line: Line, segments: readonly Segment[]): Row[] {
  if (line.kind === "gap") return [...rows, line];
  if (line.sound === "speech") {
    const segment = segmentAt(segments, (line.start + line.end) / 2) ?? line.segment;
    return [...rows, { kind: "said", id: line.id, start: line.start, line, aside: isAside(segment) }];
  }
  const { id, start, end, sound } = line;
  const last = rows.at(-1);
  if (last?.kind === "sound" && last.sound === sound) return [...rows.slice(0, -1), { ...last, end }];
  return [...rows, { kind: "sound", id, start, end, sound }];
}
