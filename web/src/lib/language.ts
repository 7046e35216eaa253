import type { I18n } from "@/i18n";

/** Languages that conversations are held in. */
export const LANGUAGES = ["zh", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Our name of a language, in full or short; its code where we have no name. */
export function languageName(t: I18n["t"], code: string, short = false): string {
  const known = LANGUAGES.find((language) => language === code);
  if (!known) return code;
  return t(short ? `language.short.${known}` : `language.${known}`);
}
