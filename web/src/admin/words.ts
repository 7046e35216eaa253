/** Roles and scopes in words. */
import type { I18n } from "@/i18n";

export const ROLES = ["agent", "reviewer", "trainer", "supervisor", "admin"] as const;
export const SCOPES = ["listen", "chat", "events", "export", "metrics", "admin"] as const;

export const RECORDINGS = ["record", "off", "on_demand"] as const;

export function roleText(t: I18n["t"], role: string): string {
  const known = ROLES.find((one) => one === role);
  return known ? t(`people.role.${known}`) : role;
}

export function scopeText(t: I18n["t"], scope: string): string {
  const known = SCOPES.find((one) => one === scope);
  return known ? t(`keys.scope.${known}`) : scope;
}

export function teamText(t: I18n["t"], team: string): string {
  return team === "*" ? t("people.allTeams") : team;
}

export function queuesText(t: I18n["t"], queues: readonly string[]): string {
  return queues.length ? queues.join(", ") : t("people.allQueues");
}

/** The names in a text where commas stand between them. */
export function namesIn(text: string): string[] {
  return [...new Set(text.split(/[,，、;；]/).map((name) => name.trim()))].filter(Boolean);
}
