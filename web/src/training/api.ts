import { request } from "@/api/http";
import type {
  ArticleChoice,
  DecisionRequest,
  IntentChoice,
  SampleDetail,
  SamplePage,
  SampleReason,
  SampleRow,
  SampleState,
} from "@/wire";

/** Which samples to show; null does not narrow. */
export interface SampleFilter {
  state: SampleState;
  reason: SampleReason | null;
  language: string | null;
  query: string;
}

const part = encodeURIComponent;
const base = "/v1/training";

function query(values: Record<string, string | number | null>): string {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== "");
  return given.map(([name, value]) => `${name}=${part(String(value))}`).join("&");
}

export const api = {
  /** A page of the queue; `since` (Unix seconds) is where `done` counts from. */
  samples: (filter: SampleFilter, offset: number, limit: number, since: number) => {
    const { state, reason, language, query: q } = filter;
    return request<SamplePage>("GET", `${base}/samples?${query({ state, reason, lang: language, q, offset, limit, since })}`);
  },
  detail: (id: string) => request<SampleDetail>("GET", `${base}/samples/${part(id)}`),
  decide: (id: string, body: DecisionRequest) => request<SampleRow>("POST", `${base}/samples/${part(id)}`, body),
  undo: (id: string, actionId: string) =>
    request<SampleRow>("DELETE", `${base}/samples/${part(id)}/decisions/${part(actionId)}`),
  intents: (language: string | null) => request<IntentChoice[]>("GET", `${base}/intents?${query({ lang: language })}`),
  articles: (text: string, language: string) =>
    request<ArticleChoice[]>("GET", `${base}/articles?${query({ q: text, lang: language })}`),
  exportUrl: (language: string, format: "samples" | "oos") => `${base}/export?${query({ lang: language, format })}`,
};
