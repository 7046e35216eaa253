import type { Locale } from "@/i18n";
import type { IntentChoice } from "@/wire";

/** What a person picks from a list: `name` large, `note` small beside it. */
export interface Choice {
  id: string;
  name: string;
  note: string;
}

/** An intent's name in the language of the page. */
export function intentName(intents: readonly IntentChoice[], id: string | null, locale: Locale): string {
  const found = intents.find((choice) => choice.intent === id);
  return found ? (locale === "zh" ? found.name_zh : found.name_en) : (id ?? "");
}

/** The intents that the words name by id, name or pinyin initials; those that begin so come first. */
export function matchingIntents(intents: readonly IntentChoice[], words: string, locale: Locale): Choice[] {
  const wanted = words.trim().toLowerCase();
  const placed = intents.map((choice) => ({ choice, place: place(choice, wanted) }));
  return placed
    .filter(({ place }) => place >= 0)
    .sort((one, other) => one.place - other.place)
    .map(({ choice }) => ({
      id: choice.intent,
      name: locale === "zh" ? choice.name_zh : choice.name_en,
      note: choice.intent,
    }));
}

/** 0: one of its names begins with the words, 1: one holds them, -1: none does. */
function place(choice: IntentChoice, words: string): number {
  const names = [choice.intent, choice.name_zh, choice.name_en, choice.initials].map((name) => name.toLowerCase());
  if (names.some((name) => name.startsWith(words))) return 0;
  return names.some((name) => name.includes(words)) ? 1 : -1;
}
