import type {
  ArticleHit,
  ChatCreated,
  ConversationDetail,
  ConversationPage,
  ConversationSummary,
  DemoCall,
  DemoLogin,
  Floor,
  FoundPage,
  Health,
  LoginRequest,
  Me,
  PasswordRequest,
  ReplayRequest,
  ReplayStarted,
  ReviewChoices,
  WrapUpCode,
} from "@/wire";
import { request } from "./http";

const part = encodeURIComponent;

export const rest = {
  /** Whether the service answers. */
  healthy: () =>
    request<Health>("GET", "/healthz").then(
      () => true,
      () => false,
    ),
  logIn: (body: LoginRequest) => request<Me>("POST", "/v1/session", body),
  me: () => request<Me>("GET", "/v1/session"),
  changePassword: (body: PasswordRequest) => request<void>("POST", "/v1/session/password", body),
  logOut: () => request<void>("DELETE", "/v1/session"),
  searchKb: (query: string, lang: string, limit = 8) =>
    request<ArticleHit[]>("GET", `/v1/kb/search?q=${part(query)}&lang=${part(lang)}&limit=${limit}`),
  /** Takes a call that nobody could be matched to. */
  claim: (id: string) => request<ConversationSummary>("POST", `/v1/claims/${part(id)}`),
  wrapUpCodes: () => request<WrapUpCode[]>("GET", "/v1/wrap-up-codes"),
  conversations: (offset: number, limit: number) =>
    request<ConversationPage>("GET", `/v1/conversations?offset=${offset}&limit=${limit}`),
  review: (params: URLSearchParams) => request<FoundPage>("GET", `/v1/review/conversations?${params}`),
  reviewChoices: () => request<ReviewChoices>("GET", "/v1/review/choices"),
  conversation: (id: string) => request<ConversationDetail>("GET", `/v1/conversations/${part(id)}`),
  floor: () => request<Floor>("GET", "/v1/floor"),
  demoLogins: () => request<DemoLogin[]>("GET", "/v1/demo/logins"),
  demoCalls: () => request<DemoCall[]>("GET", "/v1/demo/calls"),
  demoAudioUrl: (callId: string) => `/v1/demo/calls/${part(callId)}/audio`,
  replay: (body: ReplayRequest) => request<ReplayStarted>("POST", "/v1/demo/replays", body),
  openDemoChat: () => request<ChatCreated>("POST", "/v1/demo/chats"),
};
