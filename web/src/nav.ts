/** Who may open which page of the staff's application. The doors behind the pages are guarded by the service. */
import type { Key } from "@/i18n/keys";
import type { Me } from "@/wire";

export interface Entry {
  path: string;
  label: Key;
}

interface Page extends Entry {
  /** What `Me.pages` must hold. */
  needs: string;
}

/** In the order of the menu. */
const PAGES: readonly Page[] = [
  { path: "/panel", needs: "panel", label: "nav.panel" },
  { path: "/floor", needs: "floor", label: "nav.floor" },
  { path: "/conversations", needs: "conversations", label: "nav.conversations" },
  { path: "/training", needs: "training", label: "nav.training" },
  { path: "/admin/people", needs: "admin", label: "nav.people" },
  { path: "/admin/privacy", needs: "admin", label: "nav.privacy" },
];
const DEMO: Page = { path: "/demo", needs: "panel", label: "nav.demo" };

/** Every page below a path needs the same. */
const NEEDS: readonly (readonly [string, string])[] = [
  ...[...PAGES, DEMO].map(({ path, needs }) => [path, needs] as const),
  ["/admin", "admin"],
];

/** The person's menu. */
export function entriesOf(me: Me): Entry[] {
  return [...PAGES, ...(me.demo ? [DEMO] : [])].filter((page) => me.pages.includes(page.needs));
}

/** Where the person's work begins. */
export function firstPath(me: Me): string {
  return me.pages.includes("admin") ? "/admin/people" : (entriesOf(me)[0]?.path ?? "/no-access");
}

/** Whether the person may open what lies at `path`. */
export function mayOpen(me: Me, path: string): boolean {
  const rule = NEEDS.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return !rule || me.pages.includes(rule[1]);
}
