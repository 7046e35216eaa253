import { ApiError } from "@/api/http";
import type { I18n } from "@/i18n";
import type { Problem } from "@/wire";

/** What to tell a person about a problem named by the service. */
export function problemText(t: I18n["t"], problem: Problem | null): string {
  return problem ? t(`error.${problem.code}`) : t("error.network");
}

/** What to tell a person about anything that a request threw. */
export function errorText(t: I18n["t"], error: unknown): string {
  if (!(error instanceof ApiError)) throw error;
  return error.problem || error.status === 0 ? problemText(t, error.problem) : t("error.internal");
}
