/** What holes of replies, and where their fillings come from, are called on screen. */
import { useI18n, type Key } from "@/i18n";

const KNOWN = ["customer_name", "amount", "due_date", "card_tail"] as const;
const SOURCES = ["customer", "context", "task"] as const;

export function useHoleNames(): { holeName: (hole: string) => string; filledNote: (filled: Record<string, string>) => string } {
  const { t } = useI18n();

  /** The usual ones have a name; others go by their own. */
  function holeName(hole: string): string {
    const known = KNOWN.find((name) => name === hole.toLowerCase());
    return known ? t(`hole.${known}` satisfies Key) : hole;
  }

  /** What was filled in and who told it; empty for nothing. */
  function filledNote(filled: Record<string, string>): string {
    return Object.entries(filled)
      .map(([hole, source]) => {
        const from = SOURCES.find((name) => name === source);
        return from ? t(`hole.from.${from}` satisfies Key, { name: holeName(hole) }) : holeName(hole);
      })
      .join(" · ");
  }

  return { holeName, filledNote };
}
