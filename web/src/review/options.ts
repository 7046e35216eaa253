/** The filters that there is something to choose from, with their choices in the reader's language. No I/O. */
import type { I18n, Key, Locale } from "@/i18n";
import type { ReviewChoices, WrapUpCode } from "@/wire";
import type { Query } from "./query";

export interface Option {
  value: string;
  text: string;
}

export interface FilterOptions {
  name: "agent" | "team" | "queue" | "intent" | "wrap_up" | "channel" | "direction" | "language";
  label: string;
  options: Option[];
}

type T = I18n["t"];

const LANGUAGES: Record<string, Key> = { zh: "language.zh", en: "language.en" };

/** A value in force is always among its choices, even if nothing has it any more. */
export function filterOptions(choices: ReviewChoices | null, query: Query, t: T, locale: Locale): FilterOptions[] {
  const agents = (choices?.agents ?? []).map(({ login, name }) => ({ value: login, text: name }));
  const intents = (choices?.intents ?? []).map(({ intent, name_zh, name_en }) => ({
    value: intent,
    text: locale === "zh" ? name_zh : name_en,
  }));
  const languages = (choices?.languages ?? []).map((value) => ({ value, text: languageText(value, t) }));
  const all: FilterOptions[] = [
    { name: "agent", label: t("list.agent"), options: agents },
    { name: "queue", label: t("panel.queue"), options: plain(choices?.queues) },
    { name: "intent", label: t("find.intent"), options: intents },
    { name: "wrap_up", label: t("list.wrapUp"), options: tree(choices?.wrap_up ?? [], locale) },
    { name: "channel", label: t("list.channel"), options: named(["call", "chat"], t) },
    { name: "direction", label: t("find.direction"), options: named(["inbound", "outbound"], t) },
    { name: "team", label: t("find.team"), options: several(plain(choices?.teams)) },
    { name: "language", label: t("find.language"), options: several(languages) },
  ];
  return all
    .map((field) => ({ ...field, options: including(field.options, query[field.name]) }))
    .filter(({ options }) => options.length > 0);
}

function plain(values: readonly string[] = []): Option[] {
  return values.map((value) => ({ value, text: value }));
}

/** One single choice narrows nothing. */
function several(options: Option[]): Option[] {
  return options.length > 1 ? options : [];
}

function named(values: readonly ("call" | "chat" | "inbound" | "outbound")[], t: T): Option[] {
  return values.map((value) => ({ value, text: t(`panel.${value}`) }));
}

function including(options: Option[], value: string): Option[] {
  return !value || options.some((option) => option.value === value) ? options : [...options, { value, text: value }];
}

/** Codes below their parents, indented. */
function tree(codes: readonly WrapUpCode[], locale: Locale, parent: string | null = null, depth = 0): Option[] {
  return codes
    .filter((code) => code.parent === parent)
    .flatMap((code) => {
      const name = locale === "zh" ? code.name_zh : code.name_en;
      return [
        { value: code.code, text: "\u3000".repeat(depth) + name },
        ...tree(codes, locale, code.code, depth + 1),
      ];
    });
}

function languageText(language: string, t: T): string {
  const key = LANGUAGES[language];
  return key ? t(key) : language;
}
