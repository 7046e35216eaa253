import { inject, ref, type App, type InjectionKey, type Ref } from "vue";
import { en } from "./en";
import type { Key, Locale } from "./keys";
import { zh } from "./zh";

export type { Key, Locale } from "./keys";

export interface I18n {
  locale: Readonly<Ref<Locale>>;
  /** The text of `key` in the current language, with `{name}` filled from `values`. */
  t: (key: Key, values?: Record<string, string | number>) => string;
  setLocale: (locale: Locale) => void;
}

const STORAGE = "tici.locale";
const KEY: InjectionKey<I18n> = Symbol("i18n");
const TABLES: Record<Locale, Record<Key, string>> = { zh, en };

/** Texts in the given language, else the remembered one, else Chinese. */
export function createI18n(initial?: Locale): I18n & { install: (app: App) => void } {
  const locale = ref<Locale>(initial ?? remembered());
  const show = (next: Locale): void => {
    locale.value = next;
    document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
  };
  show(locale.value);
  const i18n: I18n = {
    locale,
    t: (key, values = {}) =>
      TABLES[locale.value][key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "")),
    setLocale: (next) => {
      show(next);
      localStorage.setItem(STORAGE, next);
    },
  };
  return { ...i18n, install: (app) => app.provide(KEY, i18n) };
}

export function useI18n(): I18n {
  const i18n = inject(KEY);
  if (!i18n) throw new Error("createI18n() is not installed in this app");
  return i18n;
}

function remembered(): Locale {
  return localStorage.getItem(STORAGE) === "en" ? "en" : "zh";
}
