import type { Locale } from "@/i18n";

/** Seconds as `m:ss`, or `h:mm:ss` from an hour on. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Unix seconds as local date and time. */
export function dateText(at: number, locale: Locale): string {
  const options: Intl.DateTimeFormatOptions = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  };
  return new Intl.DateTimeFormat(locale === "zh" ? "zh-CN" : "en-GB", options).format(at * 1000);
}

/** This machine's clock in Unix seconds; it runs evenly even when the system clock is set. */
export function localNow(): number {
  return (performance.timeOrigin + performance.now()) / 1000;
}
