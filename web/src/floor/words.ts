/** Figures of the supervisors' page in words. No I/O. */
import type { I18n } from "@/i18n";
import { problemText } from "@/lib/problems";
import type { ErrorCode, Floor, FloorCall, StageLag } from "@/wire";

const REFUSALS = [
  "overloaded",
  "shutting_down",
  "storage",
  "unauthenticated",
  "forbidden",
  "unsupported_language",
  "conversation_ended",
  "leg_busy",
  "conflict",
  "policy",
  "not_found",
] as const;

/** Seconds behind what is said from which on a call or a stage is marked. */
export const LATE = 1;

/** Seconds as people compare them: one decimal, two below a second. */
export function secondsText(t: I18n["t"], seconds: number): string {
  return t("floor.seconds", { n: seconds.toFixed(seconds < 0.995 ? 2 : 1) });
}

/** Bytes in the largest unit that leaves a number from one on. */
export function bytesText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

/** Why a sender of audio was refused. */
export function refusalText(t: I18n["t"], reason: ErrorCode): string {
  const known = REFUSALS.find((one) => one === reason);
  return known ? t(`floor.refusal.${known}`) : problemText(t, { code: reason, message: "" });
}

export function lagOf(floor: Floor, stage: StageLag["stage"]): StageLag | null {
  return floor.lags.find((lag) => lag.stage === stage) ?? null;
}

/** Cards as they were sent: when one was painted hangs on when its agent looked at the conversation. */
export function cardLag(floor: Floor): StageLag | null {
  return lagOf(floor, "pushed");
}

export function refusedIn(floor: Floor): number {
  return floor.refusals.reduce((sum, one) => sum + one.count, 0);
}

/** Whether a node has anything behind it to tell of. */
export function isUnused(floor: Floor): boolean {
  return floor.node.calls === 0 && floor.lags.length === 0 && floor.refusals.length === 0;
}

export function matches(call: FloorCall, filter: string): boolean {
  const words = `${call.agent_name ?? ""} ${call.agent ?? ""} ${call.queue}`.toLowerCase();
  return words.includes(filter.trim().toLowerCase());
}
