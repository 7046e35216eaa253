/** The trainer's queue on this page, and how each step changes it. No I/O. */
import type { Decision, SamplePage, SampleRow } from "@/wire";

export interface Queue {
  rows: readonly SampleRow[];
  /** Which row is in focus. */
  at: number;
  total: number;
  reasons: Readonly<Record<string, number>>;
  done: number;
  ever: boolean;
}

export const EMPTY: Queue = { rows: [], at: 0, total: 0, reasons: {}, done: 0, ever: true };

/** The queue from its first page; the sample in focus stays in focus where it is still there. */
export function opened(page: SamplePage, focus: string | null): Queue {
  const at = page.rows.findIndex((row) => row.sample_id === focus);
  return { ...page, at: Math.max(0, at) };
}

/** The queue with more rows below. */
export function extended(queue: Queue, page: SamplePage): Queue {
  const known = new Set(queue.rows.map((row) => row.sample_id));
  const rows = [...queue.rows, ...page.rows.filter((row) => !known.has(row.sample_id))];
  return { ...queue, rows, total: page.total, reasons: page.reasons };
}

/** The queue once a row was decided: it is gone, or last where it was only skipped. */
export function decided(queue: Queue, row: SampleRow, decision: Decision): Queue {
  const rest = queue.rows.filter((other) => other.sample_id !== row.sample_id);
  if (decision === "skip") return { ...queue, rows: [...rest, row], at: clamp(queue.at, rest.length + 1) };
  return {
    ...queue,
    rows: rest,
    at: clamp(queue.at, rest.length),
    total: Math.max(0, queue.total - 1),
    reasons: counted(queue.reasons, row, -1),
    done: queue.done + 1,
  };
}

/** The queue with a row back where it was, in focus. */
export function restored(queue: Queue, row: SampleRow, at: number, decision: Decision): Queue {
  const rest = queue.rows.filter((other) => other.sample_id !== row.sample_id);
  const rows = [...rest.slice(0, at), row, ...rest.slice(at)];
  if (decision === "skip") return { ...queue, rows, at };
  return {
    ...queue,
    rows,
    at: clamp(at, rows.length),
    total: queue.total + 1,
    reasons: counted(queue.reasons, row, 1),
    done: Math.max(0, queue.done - 1),
  };
}

/** The queue with the row `steps` further in focus. */
export function moved(queue: Queue, steps: number): Queue {
  return { ...queue, at: clamp(queue.at + steps, queue.rows.length) };
}

/** The queue with a row as it is known now. */
export function replaced(queue: Queue, row: SampleRow): Queue {
  return { ...queue, rows: queue.rows.map((other) => (other.sample_id === row.sample_id ? row : other)) };
}

function counted(reasons: Queue["reasons"], row: SampleRow, by: number): Queue["reasons"] {
  return { ...reasons, [row.reason]: Math.max(0, (reasons[row.reason] ?? 0) + by) };
}

function clamp(at: number, length: number): number {
  return Math.max(0, Math.min(at, length - 1));
}
