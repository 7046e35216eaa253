/* Generated from wire.schema.json by `npm run wire`. Do not edit. */

/**
 * Stable words for what went wrong; the sentence beside them is for people and may change.
 */
export type ErrorCode =
  | "bad_message"
  | "unsupported_version"
  | "unsupported_encoding"
  | "unsupported_sample_rate"
  | "unsupported_language"
  | "start_expected"
  | "audio_expected"
  | "odd_audio_length"
  | "frame_too_large"
  | "too_fast"
  | "leg_busy"
  | "superseded"
  | "conversation_ended"
  | "idle"
  | "slow_reader"
  | "overloaded"
  | "shutting_down"
  | "unauthenticated"
  | "forbidden"
  | "password_change"
  | "weak_password"
  | "not_found"
  | "conflict"
  | "policy"
  | "stale"
  | "invalid"
  | "storage"
  | "internal";
/**
 * How the customer reaches us.
 */
export type Channel = "call" | "chat";
/**
 * Who called whom.
 */
export type Direction = "inbound" | "outbound";
/**
 * What a switch says happened to a call.
 */
export type CallEventType =
  | "ivr"
  | "ringing"
  | "answered"
  | "hold"
  | "resumed"
  | "consult"
  | "conference"
  | "transferred"
  | "hangup"
  | "wrap_up"
  | "result"
  | "leg_role"
  | "language"
  | "recording_off"
  | "recording_on"
  | "consent";
export type ChatClientMessage = CustomerSays | CustomerReceived | CustomerEnds;
export type ChatServerMessage = ChatHello | ChatLine | ChatEnded | ChatError;
/**
 * What the customer said to being recorded.
 */
export type Consent = "unknown" | "given" | "refused";
/**
 * What goes on during a stretch of a conversation.
 */
export type SegmentKind = "ivr" | "ringing" | "talk" | "hold" | "consult" | "conference" | "wrap_up";
/**
 * Whose voice a leg carries (or who wrote an utterance).
 */
export type Role = "customer" | "agent" | "third_party" | "mixed" | "unknown";
/**
 * What became of a suggestion. `used` is the call's main action ("I'm saying this"), `sent` the chat's.
 */
export type OutcomeKind = "used" | "sent" | "edited" | "spoken" | "dismissed" | "not_right" | "expired" | "ignored";
/**
 * Where a message to the customer is.
 */
export type DeliveryState = "queued" | "delivered" | "failed";
/**
 * What a trainer says about a proposed wording.
 */
export type WordingDecision = "accept" | "dismiss";
/**
 * What a trainer says about a sample.
 */
export type Decision = "confirm" | "correct" | "out_of_scope" | "skip" | "discard";
/**
 * Why a node should get no further call.
 */
export type NotReady = "draining" | "full" | "database" | "disk" | "models";
export type ListenClientMessage = Start | Stop;
/**
 * Who called whom.
 */
export type Direction1 = "inbound" | "outbound";
export type ListenServerMessage = Started | Ack | Interim | Final | Ended | ListenError;
export type PanelClientMessage =
  | Watch
  | Unwatch
  | Ping
  | Rendered
  | Use
  | Send
  | Dismiss
  | NotRight
  | RaiseArticle
  | WrapUp
  | SetLanguage
  | SetRecording
  | SetConsent;
export type PanelServerMessage =
  Hello | Assigned | Unassigned | Claims | EventMessage | PanelInterim | PanelLag | Pong | ActionResult | PanelError;
/**
 * Why a text became a sample: what the agent did with its card, or that nobody was sure.
 */
export type SampleReason = "corrected" | "not_right" | "uncertain" | "edited" | "dismissed" | "used" | "sent";
/**
 * Where a sample is on its way to a model.
 */
export type SampleState = "to_label" | "labelled" | "out_of_scope" | "discarded";

export interface Wire {
  [k: string]: unknown;
}
/**
 * So many samples of the leg are on disk for good.
 */
export interface Ack {
  leg: string;
  samples: number;
  type: "ack";
}
/**
 * Whether an action was done.
 */
export interface ActionResult {
  action_id: string;
  ok: boolean;
  problem: Problem | null;
  type: "action_result";
}
/**
 * An error as told to a client.
 */
export interface Problem {
  code: ErrorCode;
  message: string;
}
/**
 * Make a key; for one team or some queues where they are given.
 */
export interface AddKeyRequest {
  name: string;
  /**
   * @maxItems 100
   */
  queues?: string[];
  /**
   * @minItems 1
   * @maxItems 10
   */
  scopes: string[];
  team?: string;
}
/**
 * Make an account.
 */
export interface AddUserRequest {
  display_name?: string;
  login: string;
  /**
   * @maxItems 100
   */
  queues?: string[];
  role?: string;
  team?: string;
}
/**
 * The conversation is now `agent`'s (a login), or nobody's.
 */
export interface AgentBound {
  agent: string | null;
  by: string;
  previous: string | null;
  type: "agent.bound";
}
/**
 * An agent as a choice; `name` is the login where nobody has that account any more.
 */
export interface AgentName {
  login: string;
  name: string;
}
/**
 * An article in effect that a trainer can name as the right one.
 */
export interface ArticleChoice {
  article_id: string;
  intent: string | null;
  language: string;
  reply: string;
  title: string;
}
/**
 * An article found by a search; `score` 0..1.
 */
export interface ArticleHit {
  article_id: string;
  matched: string;
  reply: string;
  reply_to_send: string;
  score: number;
  title: string;
  version: number;
}
/**
 * A conversation became this agent's: open it.
 */
export interface Assigned {
  conversation: ConversationSummary;
  type: "assigned";
}
/**
 * What a panel needs to open a conversation.
 */
export interface ConversationSummary {
  channel: Channel;
  chat_url: string | null;
  conversation_id: string;
  customer: string | null;
  direction: Direction;
  ended_at: number | null;
  external_id: string;
  /**
   * Chat: the main action inserts the reply into the input box instead of sending it.
   */
  insert_only: boolean;
  language: string;
  queue: string;
  started_at: number;
  /**
   * Whether the queue's policy lets the agent send text in this conversation.
   */
  text_out: boolean;
  wrapped_up: boolean;
}
/**
 * One thing that somebody did.
 */
export interface AuditEntry {
  action: string;
  at: number;
  by: string;
  detail: {
    [k: string]: string;
  };
  subject_id: string;
  subject_type: string;
}
/**
 * Entries, newest first; `total` counts all that were asked for.
 */
export interface AuditPage {
  rows: AuditEntry[];
  total: number;
}
/**
 * One suggestion as shown: everything frozen at the time it was raised.
 */
export interface Card {
  article_id: string;
  article_version: number;
  confidence: number;
  /**
   * Slots that were filled, and who told what is in them: `customer`, `context` or `task`.
   */
  filled: {
    [k: string]: string;
  };
  /**
   * Slots such as `{amount}` that stand unfilled in a reply: the agent has to complete them.
   */
  holes: string[];
  intent: string | null;
  /**
   * The question of the article (or the sample) that the customer's words were matched to.
   */
  matched: string;
  model: string;
  rank: number;
  reply: string;
  reply_to_send: string;
  source: "interim" | "final" | "chat" | "search" | "context";
  suggestion_id: string;
  thresholds: {
    [k: string]: number;
  };
  title: string;
  /**
   * What the team did with this article before, where that moves its place; the strongest reason first.
   */
  why: CardReason[];
}
/**
 * What the team did with an article for this question in the last 90 days, and how often.
 */
export interface CardReason {
  count: number;
  kind: "sent" | "used" | "edited" | "spoken" | "dismissed" | "not_right" | "ignored";
}
/**
 * What to change of a person; what is left out stays.
 */
export interface ChangeUserRequest {
  disabled?: boolean | null;
  display_name?: string | null;
  queues?: string[] | null;
  role?: string | null;
  team?: string | null;
}
/**
 * `client_id` is made by the page: sending it again after a lost connection adds nothing.
 */
export interface CustomerSays {
  client_id: string;
  text: string;
  type: "say";
}
/**
 * The page has shown this message: it is delivered.
 */
export interface CustomerReceived {
  message_id: string;
  type: "received";
}
/**
 * The customer closes the chat.
 */
export interface CustomerEnds {
  type: "end";
}
/**
 * The chat, and the path of the customer's page.
 */
export interface ChatCreated {
  conversation_id: string;
  url: string;
}
/**
 * The chat is over; nothing more can be said.
 */
export interface ChatEnded {
  type: "ended";
}
/**
 * Something the page sent could not be done.
 */
export interface ChatError {
  problem: Problem;
  type: "error";
}
/**
 * First answer: what was said so far.
 */
export interface ChatHello {
  bank: string;
  conversation_id: string;
  ended: boolean;
  language: string;
  lines: ChatLine[];
  type: "hello";
  version: number;
}
/**
 * One message of either side. `client_id` echoes the customer's own.
 */
export interface ChatLine {
  at: number;
  client_id: string | null;
  message_id: string;
  role: "customer" | "agent";
  text: string;
  type: "message";
}
/**
 * Open a chat with a customer (what a web site's server asks for when its visitor clicks "chat").
 */
export interface ChatRequest {
  agent?: string | null;
  context?: {
    [k: string]: string;
  };
  customer?: string | null;
  external_id: string;
  language?: string;
  queue?: string;
}
/**
 * A live call that nobody could be matched to, as agents of its queue see it.
 */
export interface Claim {
  conversation_id: string;
  customer: string | null;
  direction: Direction;
  external_id: string;
  language: string;
  queue: string;
  started_at: number;
}
/**
 * Every call of the agent's queues that waits for somebody to claim it; sent at first and whenever it changes.
 */
export interface Claims {
  calls: Claim[];
  type: "claims";
}
/**
 * What the customer said to being recorded.
 */
export interface ConsentChanged {
  action_id: string | null;
  by: string;
  consent: Consent;
  type: "consent.changed";
}
/**
 * Everything stored of one conversation.
 */
export interface ConversationDetail {
  events: Event[];
  /**
   * By suggestion id, with rendered and acted filled in.
   */
  receipts: {
    [k: string]: Receipt;
  };
  recordings: RecordingInfo[];
  row: ConversationRow;
}
/**
 * One row of a conversation.
 */
export interface Event {
  at: number;
  conversation_id: string;
  payload:
    | ConversationStarted
    | AgentBound
    | CustomerBound
    | SegmentsChanged
    | SwitchEvent
    | LegStarted
    | LegRoleChanged
    | LegLanguageChanged
    | LanguageChanged
    | TaskBound
    | ProductBound
    | RecordingChanged
    | ConsentChanged
    | LegGap
    | LegSilence
    | LegEnded
    | Utterance
    | SuggestionsRaised
    | SuggestionRevised
    | SuggestionsUnsure
    | SuggestionOutcome
    | SuggestionRendered
    | MessageQueued
    | MessageState
    | ConversationEnded
    | WrappedUp;
  seq: number;
}
/**
 * The first event of every conversation; agent and customer may be unknown yet.
 */
export interface ConversationStarted {
  agent: string | null;
  campaign: string | null;
  channel: Channel;
  context: {
    [k: string]: string;
  };
  customer: string | null;
  direction: Direction;
  external_id: string;
  language: string;
  product: string | null;
  queue: string;
  /**
   * Articles to begin with, best first.
   */
  script: string[];
  /**
   * Where the customer was lost.
   */
  stage: string | null;
  /**
   * The outbound task that caused it, with what the agent needs before anyone speaks.
   */
  task_id: string | null;
  type: "conversation.started";
}
/**
 * The conversation's customer is now known as `customer`, or unknown again.
 */
export interface CustomerBound {
  by: string;
  customer: string | null;
  previous: string | null;
  type: "customer.bound";
}
/**
 * All segments as they are known now, in order: late news of a switch can change earlier ones.
 */
export interface SegmentsChanged {
  segments: Segment[];
  type: "segments.changed";
}
/**
 * A stretch of one kind with one agent; seconds from the origin, `end` None while it lasts.
 */
export interface Segment {
  agent: string | null;
  end: number | null;
  kind: SegmentKind;
  start: number;
}
/**
 * What a switch said, or an agent who claimed the call. `when`: seconds from the origin, by the switch's clock.
 */
export interface SwitchEvent {
  /**
   * The login that `reported` was at that time; None if nobody's.
   */
  agent: string | null;
  code: string | null;
  consent: Consent | null;
  /**
   * Whose call it is by then, if the switch knows.
   */
  customer: string | null;
  event_id: string;
  language: string | null;
  leg: string | null;
  reported: string | null;
  role: Role | null;
  type: "switch.event";
  what: CallEventType;
  when: number;
}
/**
 * `offset` is where the leg's sample 0 lies, in seconds from the conversation's origin.
 */
export interface LegStarted {
  encoding: string;
  language: string;
  leg: string;
  offset: number;
  role: Role;
  sample_rate: number;
  type: "leg.started";
}
/**
 * From now on the leg carries somebody else's voice, or it is known at last whose.
 */
export interface LegRoleChanged {
  by: string;
  leg: string;
  role: Role;
  type: "leg.role";
}
/**
 * From the boundary `start_sample` on the leg is heard in another language.
 */
export interface LegLanguageChanged {
  action_id: string | null;
  by: string;
  language: string;
  leg: string;
  start_sample: number;
  type: "leg.language";
}
/**
 * What the conversation is held in from now on: its chat messages, and legs that begin without a language.
 */
export interface LanguageChanged {
  action_id: string | null;
  by: string;
  language: string;
  type: "conversation.language";
}
/**
 * The conversation turns out to belong to an outbound task; what that means for its agent is the same as in
 * `ConversationStarted`.
 */
export interface TaskBound {
  by: string;
  campaign: string | null;
  context: {
    [k: string]: string;
  };
  script: string[];
  stage: string | null;
  task_id: string;
  type: "task.bound";
}
/**
 * What the conversation is about is known now; it may decide how long it is kept.
 */
export interface ProductBound {
  by: string;
  product: string;
  type: "product.bound";
}
/**
 * From `when` seconds after the origin on the audio is kept in the recording, or left out as a marked gap.
 */
export interface RecordingChanged {
  action_id: string | null;
  by: string;
  reason: string;
  recording: boolean;
  type: "recording.changed";
  when: number;
}
/**
 * Audio that nobody heard, `missing` seconds of it.
 *
 * `start` and `end` are equal where the sender left the time out of its stream, and apart where silence of that
 * length stands in for it.
 */
export interface LegGap {
  end: number;
  leg: string;
  missing: number;
  reason: string;
  start: number;
  type: "leg.gap";
}
/**
 * A tile of the leg's audio in which no words were found.
 */
export interface LegSilence {
  end_sample: number;
  leg: string;
  start_sample: number;
  type: "leg.silence";
}
/**
 * No more audio comes on this leg.
 */
export interface LegEnded {
  leg: string;
  reason: string;
  samples: number;
  type: "leg.ended";
}
/**
 * A final utterance: speech of one leg, or a chat message of one side.
 *
 * For speech `start_sample`..`end_sample` is the tile of the leg's audio that it was decoded from; tiles of one
 * leg (utterances and silences) neither overlap nor leave a gap. For chat there is no leg and no tile.
 */
export interface Utterance {
  end: number;
  end_sample: number | null;
  language: string;
  leg: string | null;
  masked: MaskedSpan[];
  message_id: string | null;
  role: Role;
  /**
   * What went on while it was said, as far as the switch had told by then.
   */
  segment: SegmentKind | null;
  sound: "speech" | "music" | "prompt";
  start: number;
  start_sample: number | null;
  text: string;
  type: "utterance";
  utterance_id: string;
  words: WordTime[];
}
/**
 * A stretch of speech whose words were masked; seconds from the origin. Its audio is blanked in the recording.
 */
export interface MaskedSpan {
  end: number;
  kind: string;
  start: number;
}
/**
 * A recognised word; seconds from the conversation's origin, confidence 0..1.
 */
export interface WordTime {
  confidence: number;
  end: number;
  start: number;
  text: string;
}
/**
 * Cards for one thing the customer said, best first; they replace unacted cards named in `replaces`.
 */
export interface SuggestionsRaised {
  cards: Card[];
  receipt: Receipt;
  replaces: string[];
  /**
   * Id of the utterance (or of the open one, for interims; or of the search) that caused them.
   */
  trigger: string;
  trigger_text: string;
  type: "suggestions.raised";
}
/**
 * When things happened on a suggestion's way, in Unix seconds of the server's clock; None = did not happen.
 *
 * `speech_end` is when the customer's last word so far ended, mapped from audio position to the clock.
 */
export interface Receipt {
  acted: number | null;
  first_interim: number | null;
  intent: number | null;
  pushed: number | null;
  rendered: number | null;
  retrieval: number | null;
  speech_end: number | null;
}
/**
 * The same card, better known: its confidence, rank, match or confirmation changed; its reply only where a hole
 * in it could be filled, None stands for the same as before.
 */
export interface SuggestionRevised {
  confidence: number;
  confirmed: boolean;
  filled: {
    [k: string]: string;
  } | null;
  holes: string[] | null;
  matched: string;
  rank: number;
  reply: string | null;
  reply_to_send: string | null;
  suggestion_id: string;
  type: "suggestion.revised";
}
/**
 * For a final utterance the suggester kept silent, or was not sure: what it took it for, worth a person's look.
 *
 * `confidence` (0..1) fell short of `threshold`. Raises nothing and changes nothing on a panel.
 */
export interface SuggestionsUnsure {
  confidence: number;
  guess: string | null;
  threshold: number;
  trigger: string;
  type: "suggestions.unsure";
}
/**
 * What became of a card. `text` is what was really sent or said where it differs.
 */
export interface SuggestionOutcome {
  action_id: string | null;
  by: string;
  outcome: OutcomeKind;
  /**
   * For `spoken`: how alike what the agent said and the reply are, 0..1.
   */
  score: number | null;
  suggestion_id: string;
  text: string | null;
  type: "suggestion.outcome";
}
/**
 * The panel's own time of painting the cards, already corrected to the server's clock.
 */
export interface SuggestionRendered {
  rendered: number;
  suggestion_ids: string[];
  type: "suggestion.rendered";
}
/**
 * A text on its way to the customer. The outbox row is committed with this event.
 *
 * `text` is masked, as it is kept; what goes out is in the outbox until it is delivered.
 */
export interface MessageQueued {
  action_id: string;
  adapter: "chat" | "webhook";
  by: string;
  message_id: string;
  suggestion_id: string | null;
  text: string;
  type: "message.queued";
}
/**
 * News of a message on its way to the customer.
 */
export interface MessageState {
  attempts: number;
  message_id: string;
  reason: string | null;
  state: DeliveryState;
  type: "message.state";
}
/**
 * No more audio or chat will come; the agent may still wrap up.
 */
export interface ConversationEnded {
  reason: string;
  type: "conversation.ended";
}
/**
 * The agent's work on the conversation is done.
 */
export interface WrappedUp {
  action_id: string;
  by: string;
  code: string;
  note: string;
  type: "conversation.wrapped_up";
}
/**
 * One leg's recording; `offset` is where it begins, in seconds from the conversation's origin.
 */
export interface RecordingInfo {
  duration: number;
  gaps: RecordingGap[];
  leg: string;
  offset: number;
  role: string;
  url: string;
}
/**
 * A stretch without sound: `not recorded` or `masked`; seconds from the conversation's origin.
 */
export interface RecordingGap {
  end: number;
  reason: string;
  start: number;
}
/**
 * One line of the list of stored conversations.
 */
export interface ConversationRow {
  acted: number;
  agent: string | null;
  channel: Channel;
  conversation_id: string;
  customer: string | null;
  direction: Direction;
  ended_at: number | null;
  external_id: string;
  language: string;
  queue: string;
  started_at: number;
  suggestions: number;
  utterances: number;
  wrap_up: string | null;
}
/**
 * A page of the list; `total` counts all rows.
 */
export interface ConversationPage {
  rows: ConversationRow[];
  total: number;
}
/**
 * How much there is of a customer, and the holds that keep it from being deleted.
 */
export interface CustomerFound {
  conversations: number;
  holds: LegalHold[];
  recordings: number;
  samples: number;
  tasks: number;
}
/**
 * A legal hold; in force while `released_at` is null.
 */
export interface LegalHold {
  hold_id: string;
  placed_at: number;
  placed_by: string;
  reason: string;
  release_reason: string | null;
  released_at: number | null;
  released_by: string | null;
  subject_id: string;
  subject_type: "conversation" | "customer";
}
/**
 * Whose data is looked up or exported.
 */
export interface CustomerRequest {
  customer: string;
}
/**
 * What came of a decision.
 */
export interface DecidedWording {
  decision: WordingDecision;
  /**
   * The draft that awaits approval.
   */
  version: number | null;
}
/**
 * A trainer's decision. The same `action_id` again changes nothing.
 */
export interface DecisionRequest {
  action_id: string;
  article_id?: string | null;
  decision: Decision;
  /**
   * For `correct`; for `confirm` where it is not the guess.
   */
  intent?: string | null;
  revision: number;
}
/**
 * Proof of a deletion: how many rows of each table, files and bytes; never what they said.
 *
 * `subject_type` is conversation, audio (of a conversation), samples (of a class) or customer; then `subject_id` is
 * the SHA-256 of the tenant's secret and the reference. `finished_at` is null while it is under way.
 */
export interface DeletionReceiptRow {
  at: number;
  by: string;
  counts: {
    [k: string]: number;
  };
  customer_mark: string | null;
  finished_at: number | null;
  reason: string;
  receipt_id: string;
  subject_id: string;
  subject_type: string;
}
/**
 * Delete everything of a customer; `confirm` repeats the reference.
 */
export interface DeletionRequest {
  confirm: string;
  customer: string;
}
/**
 * A recorded call and its script.
 */
export interface DemoCall {
  call_id: string;
  duration: number;
  lang: string;
  /**
   * Whether this node has the recogniser of its language loaded.
   */
  playable: boolean;
  title_en: string;
  title_zh: string;
  turns: DemoTurn[];
}
/**
 * One turn of a demo call's script, in seconds of its audio.
 */
export interface DemoTurn {
  article: string | null;
  end: number;
  leg: string;
  start: number;
  text: string;
}
/**
 * A login that demo mode offers on the login page.
 */
export interface DemoLogin {
  display_name: string;
  login: string;
  password: string;
  role: string;
}
/**
 * Take the card away; it was of no use now.
 */
export interface Dismiss {
  action_id: string;
  conversation_id: string;
  suggestion_id: string;
  type: "dismiss";
}
/**
 * Everything was heard and stored; samples per leg.
 */
export interface Ended {
  conversation_id: string;
  samples: {
    [k: string]: number;
  };
  type: "ended";
}
/**
 * One event of a watched conversation.
 */
export interface EventMessage {
  event: Event;
  type: "event";
}
/**
 * Give a person an extension, which nobody else has then; from now on and for good where no times are given.
 */
export interface ExtensionRequest {
  extension: string;
  valid_from?: number | null;
  valid_to?: number | null;
}
/**
 * A telephone extension of a person, from `valid_from` until before `valid_to` (None: still).
 */
export interface ExtensionRow {
  extension: string;
  valid_from: number;
  valid_to: number | null;
}
/**
 * An utterance, committed. Times are seconds from the conversation's origin.
 */
export interface Final {
  end: number;
  end_sample: number;
  leg: string;
  start: number;
  start_sample: number;
  text: string;
  type: "final";
  utterance_id: string;
  words: WordTime[];
}
/**
 * What goes on now. `at` is the server's clock, `calls` are those within reach, longest first.
 */
export interface Floor {
  at: number;
  calls: FloorCall[];
  /**
   * Of the stages that anything reached.
   */
  lags: StageLag[];
  node: NodeHealth;
  /**
   * Of the last hour, the most frequent first.
   */
  refusals: RefusalCount[];
}
/**
 * A call whose audio is open.
 */
export interface FloorCall {
  /**
   * Login; None while the call is nobody's.
   */
  agent: string | null;
  agent_name: string | null;
  /**
   * No audio comes: its sender is lost and may come back.
   */
  away: boolean;
  conversation_id: string;
  direction: Direction;
  /**
   * Seconds for which the oldest audio that is not decoded yet has waited.
   */
  lag: number;
  language: string;
  queue: string;
  /**
   * What goes on now, as far as the switch tells.
   */
  segment: SegmentKind | null;
  segment_since: number;
  shown: number;
  started_at: number;
  /**
   * Cards shown so far, and how many of them were used, sent or spoken.
   */
  used: number;
}
/**
 * Seconds from the end of speech to a stage, over the node's last five minutes.
 */
export interface StageLag {
  count: number;
  p50: number;
  p95: number;
  stage: "final" | "intent" | "retrieval" | "pushed" | "rendered";
}
/**
 * The node as a whole, whoever its calls belong to.
 */
export interface NodeHealth {
  calls: number;
  /**
   * None where the disk does not answer.
   */
  disk_free_bytes: number | null;
  memory_bytes: number;
  /**
   * Why it takes no further calls; empty while it does.
   */
  reasons: NotReady[];
  /**
   * Further calls that it would take; None where nothing limits them.
   */
  room: number | null;
  version: string;
}
/**
 * Senders of audio that were refused for one reason.
 */
export interface RefusalCount {
  count: number;
  reason: ErrorCode;
}
/**
 * One conversation that a search found. `hits` counts the utterances that hold something of what was asked.
 */
export interface FoundConversation {
  hits: number;
  recorded: boolean;
  row: ConversationRow;
  snippets: Snippet[];
}
/**
 * Where a search hit: an utterance, cut down to what stands around the hit. `start` in seconds from the origin.
 */
export interface Snippet {
  parts: SnippetPart[];
  role: Role;
  sound: "speech" | "music" | "prompt";
  start: number;
  utterance_id: string;
}
/**
 * A piece of a snippet; `hit` where it is what was searched for.
 */
export interface SnippetPart {
  hit: boolean;
  text: string;
}
/**
 * A page of what a search found, newest first; `total` counts all conversations found.
 */
export interface FoundPage {
  found: FoundConversation[];
  total: number;
}
/**
 * Whether the node serves, and how many more calls it would take.
 */
export interface Health {
  live_conversations: number;
  reasons: NotReady[];
  room: number;
  /**
   * `ok` where only life was asked for; else `ready`, or the first of `reasons`.
   */
  status: string;
  version: string;
}
/**
 * First message of the server.
 */
export interface Hello {
  conversations: ConversationSummary[];
  display_name: string;
  login: string;
  type: "hello";
  version: number;
}
/**
 * Place a legal hold on a conversation (its id) or a customer (their reference).
 */
export interface HoldRequest {
  reason: string;
  subject_id: string;
  subject_type: "conversation" | "customer";
}
/**
 * An intent that a sample can be labelled with; `labelled` texts have it already.
 */
export interface IntentChoice {
  /**
   * False for small talk, which never raises a card.
   */
  cards: boolean;
  /**
   * First letters of the Chinese name in pinyin.
   */
  initials: string;
  intent: string;
  labelled: number;
  name_en: string;
  name_zh: string;
}
/**
 * An intent as a choice; the names are the id where no pack names it.
 */
export interface IntentName {
  intent: string;
  name_en: string;
  name_zh: string;
}
/**
 * Words being spoken; replaced by the next interim or the final.
 */
export interface Interim {
  end: number;
  leg: string;
  start: number;
  text: string;
  type: "interim";
}
/**
 * A machine's key without its secret.
 */
export interface KeyRow {
  created_at: number;
  key_id: string;
  name: string;
  queues: string[];
  revoked_at: number | null;
  scopes: string[];
  team: string;
}
/**
 * One party's audio as the sender names it.
 */
export interface LegSpec {
  language?: string | null;
  leg: string;
  role: Role;
}
/**
 * The first message of a sender: what it delivers, and what it knows of the call.
 */
export interface Start {
  /**
   * Login or extension, if known.
   */
  agent?: string | null;
  /**
   * Whether the sender, once its connection was lost, goes on from `resume_from`. False: it goes on with what is said
   * then, and what was said meanwhile becomes a gap of that length.
   */
  can_repeat?: boolean;
  channel?: "call";
  context?: {
    [k: string]: string;
  };
  customer?: string | null;
  direction?: Direction1;
  encoding?: string;
  external_id: string;
  language?: string;
  /**
   * @minItems 1
   * @maxItems 2
   */
  legs: LegSpec[];
  product?: string | null;
  queue?: string;
  resume_token?: string | null;
  sample_rate: number;
  /**
   * The outbound task that caused the call, by its external id.
   */
  task?: string | null;
  type: "start";
  version?: number;
}
/**
 * No more audio comes.
 */
export interface Stop {
  type: "stop";
}
/**
 * What is wrong; after a fatal error the server closes.
 */
export interface ListenError {
  code: ErrorCode;
  fatal: boolean;
  message: string;
  /**
   * Seconds after which trying again may help; null where it will not, or at once.
   */
  retry_after: number | null;
  type: "error";
}
/**
 * The call is open: send audio from `resume_from` on.
 */
export interface Started {
  conversation_id: string;
  /**
   * First sample (of each leg) that the sender is to send; 0 for a new leg.
   */
  resume_from: number;
  resume_token: string;
  type: "started";
  version: number;
}
/**
 * Who wants in.
 */
export interface LoginRequest {
  login: string;
  password: string;
}
/**
 * The person who is logged in.
 */
export interface Me {
  demo: boolean;
  display_name: string;
  login: string;
  must_change_password: boolean;
  /**
   * The pages that this person may open; each is guarded at its doors too.
   */
  pages: string[];
  role: string;
}
/**
 * A key just made; `secret` is shown this once.
 */
export interface NewKeyShown {
  key: KeyRow;
  secret: string;
}
/**
 * The card does not fit what the customer wants: becomes a sample to be labelled.
 */
export interface NotRight {
  action_id: string;
  conversation_id: string;
  suggestion_id: string;
  type: "not_right";
}
/**
 * Send me this conversation's events after `after_seq`, and everything that follows.
 */
export interface Watch {
  after_seq?: number;
  conversation_id: string;
  type: "watch";
}
/**
 * Send nothing more of this conversation.
 */
export interface Unwatch {
  conversation_id: string;
  type: "unwatch";
}
/**
 * Asks for the server's clock.
 */
export interface Ping {
  client_time: number;
  type: "ping";
}
/**
 * Cards were painted; `rendered` is Unix seconds on the server's clock (the panel's clock plus its offset).
 */
export interface Rendered {
  conversation_id: string;
  rendered: number;
  /**
   * @maxItems 10
   */
  suggestion_ids: string[];
  type: "rendered";
}
/**
 * On a call: "I am saying this".
 */
export interface Use {
  action_id: string;
  conversation_id: string;
  suggestion_id: string;
  text?: string | null;
  type: "use";
}
/**
 * Send text to the customer, from a card (edited or not) or typed by hand.
 */
export interface Send {
  action_id: string;
  /**
   * On a call sending text needs a second step: the first answer asks for it with `policy`.
   */
  confirmed?: boolean;
  conversation_id: string;
  suggestion_id?: string | null;
  text: string;
  type: "send";
}
/**
 * Put an article found by hand on screen as a card, so that it can be used or sent.
 */
export interface RaiseArticle {
  action_id: string;
  article_id: string;
  conversation_id: string;
  query?: string;
  type: "raise_article";
}
/**
 * End the work on the conversation with a code.
 */
export interface WrapUp {
  action_id: string;
  code: string;
  conversation_id: string;
  note?: string;
  type: "wrap_up";
}
/**
 * The customer speaks another language than was thought.
 */
export interface SetLanguage {
  action_id: string;
  conversation_id: string;
  language: string;
  /**
   * Which leg; None: every leg.
   */
  leg?: string | null;
  type: "set_language";
}
/**
 * Keep the audio from now on, or leave it out, as far as the queue's policy allows.
 */
export interface SetRecording {
  action_id: string;
  conversation_id: string;
  recording: boolean;
  type: "set_recording";
}
/**
 * What the customer said to being recorded.
 */
export interface SetConsent {
  action_id: string;
  consent: Consent;
  conversation_id: string;
  type: "set_consent";
}
/**
 * A message of the panel could not be understood or done.
 */
export interface PanelError {
  problem: Problem;
  type: "error";
}
/**
 * Words being spoken; replaced by the next one, or by the utterance. Empty text: there was nothing after all.
 */
export interface PanelInterim {
  conversation_id: string;
  end: number;
  leg: string;
  role: Role;
  start: number;
  text: string;
  type: "interim";
}
/**
 * Recognition is so many seconds behind what is being said; told again as that changes, with 0 once it is over.
 *
 * `away`: no audio comes in, as the phone system's connection is gone; it may come back.
 */
export interface PanelLag {
  away: boolean;
  conversation_id: string;
  seconds: number;
  type: "lag";
}
/**
 * It is no longer this agent's: close it at once.
 */
export interface Unassigned {
  conversation_id: string;
  type: "unassigned";
}
/**
 * Answer to `ping`; both times in Unix seconds.
 */
export interface Pong {
  client_time: number;
  server_time: number;
  type: "pong";
}
/**
 * Choose another password; `old` is the one in force.
 */
export interface PasswordRequest {
  new: string;
  old: string;
}
/**
 * Everybody who can log in, and the names of teams and queues in use.
 */
export interface People {
  queues: string[];
  teams: string[];
  users: UserRow[];
}
/**
 * A person as admins see them.
 */
export interface UserRow {
  disabled: boolean;
  display_name: string;
  extensions: ExtensionRow[];
  /**
   * Too many wrong passwords were tried; None: not locked.
   */
  locked_until: number | null;
  login: string;
  must_change_password: boolean;
  queues: string[];
  role: string;
  team: string;
  user_id: string;
}
/**
 * Body of every error answer.
 */
export interface ProblemResponse {
  problem: Problem;
}
/**
 * The class by which a product's conversations are kept; null: by that of their queue.
 */
export interface ProductRequest {
  retention_class: string | null;
}
/**
 * A wording that agents use instead of an article's reply.
 */
export interface ProposedWording {
  /**
   * By how many agents.
   */
  agents: number;
  article_id: string;
  article_version: number;
  /**
   * Edits of that kind in the last 90 days.
   */
  count: number;
  language: string;
  last_at: number;
  /**
   * Masked; slots as in the article, numbers that were not the same every time are `{number}`.
   */
  new: string;
  old: string;
  /**
   * Whether it stands for the text that is sent, rather than for what is said.
   */
  sent: boolean;
  title: string;
  /**
   * Names the proposal together with the article and its version.
   */
  wording: string;
}
/**
 * A queue with rules of its own; `default` serves all others. `webhook` tells whether texts of calls have a way
 * out, which `tici queue set --webhook-url` makes.
 */
export interface QueueRow {
  chat_action: "send" | "insert";
  language: string;
  queue: string;
  recording_policy: "record" | "off" | "on_demand";
  retention_class: string;
  team: string;
  text_out_on_call: boolean;
  webhook: boolean;
}
/**
 * Receipts, newest first; `total` counts all.
 */
export interface ReceiptPage {
  rows: DeletionReceiptRow[];
  total: number;
}
/**
 * Why a hold is released.
 */
export interface ReleaseRequest {
  reason: string;
}
/**
 * Which recorded call to play, and how fast.
 */
export interface ReplayRequest {
  call_id: string;
  speed?: number;
}
/**
 * The call is being played under this external id.
 */
export interface ReplayStarted {
  external_id: string;
}
/**
 * A retention class, its rule and who uses it. Without a rule (`ruled` false) everything is kept.
 */
export interface RetentionClass {
  audio_days: number | null;
  conversations: number;
  products: string[];
  queues: string[];
  retention_class: string;
  ruled: boolean;
  sample_days: number | null;
  text_days: number | null;
}
/**
 * All classes, and the hours between two sweeps that delete what is due.
 */
export interface RetentionOverview {
  classes: RetentionClass[];
  sweep_hours: number;
}
/**
 * Days that each part is kept after the conversation's end; null: until somebody deletes it.
 */
export interface RetentionRuleRequest {
  audio_days: number | null;
  sample_days: number | null;
  text_days: number | null;
}
/**
 * What the conversations within a reviewer's reach can be narrowed to.
 */
export interface ReviewChoices {
  agents: AgentName[];
  intents: IntentName[];
  languages: string[];
  queues: string[];
  teams: string[];
  wrap_up: WrapUpCode[];
}
/**
 * One code of the wrap-up tree.
 */
export interface WrapUpCode {
  code: string;
  name_en: string;
  name_zh: string;
  parent: string | null;
}
/**
 * A card that the agent saw for it, or put up by hand, and what they did.
 */
export interface SampleCard {
  article_id: string;
  by_hand: boolean;
  confidence: number;
  intent: string | null;
  outcome: OutcomeKind | null;
  reply: string;
  title: string;
}
/**
 * A sample and what there was around it, as far as the conversation is still kept.
 */
export interface SampleDetail {
  article: ArticleChoice | null;
  cards: SampleCard[];
  row: SampleRow;
  turns: SampleTurn[];
}
/**
 * A sample; texts that say the same are one row, `count` times said.
 */
export interface SampleRow {
  article_id: string | null;
  confidence: number | null;
  count: number;
  created_at: number;
  /**
   * The intent that it was taken for.
   */
  guess: string | null;
  label: string | null;
  labelled_at: number | null;
  labelled_by: string | null;
  language: string;
  reason: SampleReason;
  /**
   * Rises with every change; a decision names the one it was made on.
   */
  revision: number;
  sample_id: string;
  state: SampleState;
  text: string;
  /**
   * What the confidence should have reached.
   */
  threshold: number | null;
}
/**
 * A turn of the conversation around a sample, masked, without names.
 */
export interface SampleTurn {
  /**
   * The words that the sample is made of.
   */
  current: boolean;
  role: Role;
  text: string;
}
/**
 * A page of the queue, the most telling samples first.
 */
export interface SamplePage {
  /**
   * What the person decided since the time that they named.
   */
  done: number;
  /**
   * Whether there was ever a sample.
   */
  ever: boolean;
  /**
   * How many there are for each reason, whatever reason was asked for.
   */
  reasons: {
    [k: string]: number;
  };
  rows: SampleRow[];
  total: number;
}
/**
 * What to change of a queue, or to make it with; what is left out stays, or is as the default queue has it.
 */
export interface SaveQueueRequest {
  chat_action?: ("send" | "insert") | null;
  language?: ("zh" | "en") | null;
  recording_policy?: ("record" | "off" | "on_demand") | null;
  retention_class?: string | null;
  team?: string | null;
  text_out_on_call?: boolean | null;
}
/**
 * A person and a password to tell them, shown this once: they must choose their own after logging in.
 */
export interface TemporaryPassword {
  password: string;
  user: UserRow;
}
/**
 * A trainer's decision about a wording; deciding the same again changes nothing.
 */
export interface WordingRequest {
  decision: WordingDecision;
}
