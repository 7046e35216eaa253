/** What a reviewer searches for, as it stands in the page's address and as the service is asked. No I/O. */
import type { LocationQuery, LocationQueryRaw } from "vue-router";

export const TRAITS = ["recording", "edited", "not_right"] as const;
export type Trait = (typeof TRAITS)[number];

const TEXTS = [
  ...["q", "agent", "queue", "team", "channel", "direction", "language"],
  ...["customer", "from", "to", "intent", "wrap_up"],
] as const;

/** Empty texts ask for nothing. `from` and `to` are days (`2026-03-01`) of the reader's time zone, `to` included. */
export interface Query {
  q: string;
  agent: string;
  queue: string;
  team: string;
  channel: string;
  direction: string;
  language: string;
  customer: string;
  from: string;
  to: string;
  intent: string;
  wrap_up: string;
  has: Trait[];
  page: number;
}

export const SIZE = 20;

export function emptyQuery(): Query {
  const none = { q: "", agent: "", queue: "", team: "", channel: "", direction: "", language: "", customer: "" };
  return { ...none, from: "", to: "", intent: "", wrap_up: "", has: [], page: 1 };
}

export function fromAddress(address: LocationQuery): Query {
  const query = emptyQuery();
  const has = [address["has"]].flat();
  for (const name of TEXTS) (query as unknown as Record<string, string>)[name] = first(address[name]);
  query.has = TRAITS.filter((trait) => has.includes(trait));
  query.page = Math.max(1, Number.parseInt(first(address["page"]), 10) || 1);
  return query;
}

export function toAddress(query: Query): LocationQueryRaw {
  const texts = Object.entries(query).filter(([, value]) => typeof value === "string" && value.trim() !== "");
  return {
    ...Object.fromEntries(texts),
    ...(query.has.length ? { has: query.has } : {}),
    ...(query.page > 1 ? { page: query.page } : {}),
  } as LocationQueryRaw;
}

export function toParams(query: Query): URLSearchParams {
  const params = new URLSearchParams({ limit: String(SIZE), offset: String((query.page - 1) * SIZE) });
  for (const [name, value] of Object.entries({ ...query, from: midnight(query.from, 0), to: midnight(query.to, 1) })) {
    if (typeof value === "string" && value.trim()) params.set(name, value.trim());
  }
  query.has.forEach((trait) => params.append("has", trait));
  return params;
}

/** How many filters, besides the words, narrow the search. */
export function filterCount(query: Query): number {
  const { q: _, page: __, has, ...texts } = query;
  return has.length + Object.values(texts).filter(Boolean).length;
}

/** Unix seconds at which a day begins, `later` days after it; empty for what is no day. */
function midnight(day: string, later: number): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return "";
  const at = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later).getTime() / 1000;
  return at >= 0 ? String(at) : "0";
}

function first(value: LocationQuery[string] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}
