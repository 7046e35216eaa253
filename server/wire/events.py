"""The events of a conversation: rows keyed `(conversation_id, seq)`, each with one typed payload.

The session core makes them, the store keeps and projects them, panels receive them. A session can be rebuilt
from its events alone.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from server.wire.base import Message


class Channel(StrEnum):
    """How the customer reaches us."""

    CALL = "call"
    CHAT = "chat"


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Role(StrEnum):
    """Whose voice a leg carries (or who wrote an utterance)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    THIRD_PARTY = "third_party"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class SegmentKind(StrEnum):
    """What goes on during a stretch of a conversation."""

    IVR = "ivr"
    RINGING = "ringing"
    TALK = "talk"
    HOLD = "hold"
    CONSULT = "consult"
    CONFERENCE = "conference"
    WRAP_UP = "wrap_up"


class OutcomeKind(StrEnum):
    """What became of a suggestion. `used` is the call's main action ("I'm saying this"), `sent` the chat's."""

    USED = "used"
    SENT = "sent"
    EDITED = "edited"
    SPOKEN = "spoken"
    DISMISSED = "dismissed"
    NOT_RIGHT = "not_right"
    EXPIRED = "expired"
    IGNORED = "ignored"


Adapter = Literal["chat", "webhook"]
"""How text reaches a customer: over the chat socket, or through the queue's signed webhook."""


Sound = Literal["speech", "music", "prompt"]
"""What was heard: somebody talking, hold music, or a recorded announcement."""


class Consent(StrEnum):
    """What the customer said to being recorded."""

    UNKNOWN = "unknown"
    GIVEN = "given"
    REFUSED = "refused"


class DeliveryState(StrEnum):
    """Where a message to the customer is."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    FAILED = "failed"


class WordTime(Message):
    """A recognised word; seconds from the conversation's origin, confidence 0..1."""

    text: str
    start: float
    end: float
    confidence: float


class MaskedSpan(Message):
    """A stretch of speech whose words were masked; seconds from the origin. Its audio is blanked in the recording."""

    kind: str
    start: float
    end: float


class ConversationStarted(Message):
    """The first event of every conversation; agent and customer may be unknown yet."""

    type: Literal["conversation.started"] = "conversation.started"
    channel: Channel
    direction: Direction
    external_id: str
    language: str
    queue: str
    agent: str | None = None
    customer: str | None = None
    context: dict[str, str] = Field(default_factory=dict)
    product: str | None = None
    task_id: str | None = None
    """The outbound task that caused it, with what the agent needs before anyone speaks."""
    campaign: str | None = None
    stage: str | None = None
    """Where the customer was lost."""
    script: list[str] = Field(default_factory=list)
    """Articles to begin with, best first."""


class AgentBound(Message):
    """The conversation is now `agent`'s (a login), or nobody's."""

    type: Literal["agent.bound"] = "agent.bound"
    agent: str | None
    previous: str | None = None
    by: str


class CustomerBound(Message):
    """The conversation's customer is now known as `customer`, or unknown again."""

    type: Literal["customer.bound"] = "customer.bound"
    customer: str | None
    previous: str | None = None
    by: str


class Segment(Message):
    """A stretch of one kind with one agent; seconds from the origin, `end` None while it lasts."""

    kind: SegmentKind
    agent: str | None
    start: float
    end: float | None


class SegmentsChanged(Message):
    """All segments as they are known now, in order: late news of a switch can change earlier ones."""

    type: Literal["segments.changed"] = "segments.changed"
    segments: list[Segment]


class CallEventType(StrEnum):
    """What a switch says happened to a call."""

    IVR = "ivr"
    RINGING = "ringing"
    ANSWERED = "answered"
    HOLD = "hold"
    RESUMED = "resumed"
    CONSULT = "consult"
    CONFERENCE = "conference"
    TRANSFERRED = "transferred"
    HANGUP = "hangup"
    WRAP_UP = "wrap_up"
    RESULT = "result"
    LEG_ROLE = "leg_role"
    LANGUAGE = "language"
    RECORDING_OFF = "recording_off"
    RECORDING_ON = "recording_on"
    CONSENT = "consent"


class SwitchEvent(Message):
    """What a switch said, or an agent who claimed the call. `when`: seconds from the origin, by the switch's clock."""

    type: Literal["switch.event"] = "switch.event"
    event_id: str
    what: CallEventType
    when: float
    agent: str | None = None
    """The login that `reported` was at that time; None if nobody's."""
    reported: str | None = None
    code: str | None = None
    leg: str | None = None
    role: Role | None = None
    language: str | None = None
    consent: Consent | None = None
    customer: str | None = None
    """Whose call it is by then, if the switch knows."""


class LegStarted(Message):
    """`offset` is where the leg's sample 0 lies, in seconds from the conversation's origin."""

    type: Literal["leg.started"] = "leg.started"
    leg: str
    role: Role
    language: str
    encoding: str
    sample_rate: int
    offset: float


class LegRoleChanged(Message):
    """From now on the leg carries somebody else's voice, or it is known at last whose."""

    type: Literal["leg.role"] = "leg.role"
    leg: str
    role: Role
    by: str


class LegLanguageChanged(Message):
    """From the boundary `start_sample` on the leg is heard in another language."""

    type: Literal["leg.language"] = "leg.language"
    leg: str
    language: str
    start_sample: int
    by: str
    action_id: str | None = None


class LanguageChanged(Message):
    """What the conversation is held in from now on: its chat messages, and legs that begin without a language."""

    type: Literal["conversation.language"] = "conversation.language"
    language: str
    by: str
    action_id: str | None = None


class TaskBound(Message):
    """The conversation turns out to belong to an outbound task; what that means for its agent is the same as in
    `ConversationStarted`."""

    type: Literal["task.bound"] = "task.bound"
    task_id: str
    campaign: str | None = None
    stage: str | None = None
    script: list[str] = Field(default_factory=list)
    context: dict[str, str] = Field(default_factory=dict)
    by: str


class ProductBound(Message):
    """What the conversation is about is known now; it may decide how long it is kept."""

    type: Literal["product.bound"] = "product.bound"
    product: str
    by: str


class RecordingChanged(Message):
    """From `when` seconds after the origin on the audio is kept in the recording, or left out as a marked gap."""

    type: Literal["recording.changed"] = "recording.changed"
    recording: bool
    when: float
    by: str
    reason: str
    action_id: str | None = None


class ConsentChanged(Message):
    """What the customer said to being recorded."""

    type: Literal["consent.changed"] = "consent.changed"
    consent: Consent
    by: str
    action_id: str | None = None


class LegGap(Message):
    """Audio that nobody heard, `missing` seconds of it.

    `start` and `end` are equal where the sender left the time out of its stream, and apart where silence of that
    length stands in for it.
    """

    type: Literal["leg.gap"] = "leg.gap"
    leg: str
    start: float
    end: float
    missing: float
    reason: str


class LegSilence(Message):
    """A tile of the leg's audio in which no words were found."""

    type: Literal["leg.silence"] = "leg.silence"
    leg: str
    start_sample: int
    end_sample: int


class LegEnded(Message):
    """No more audio comes on this leg."""

    type: Literal["leg.ended"] = "leg.ended"
    leg: str
    samples: int
    reason: str


class Utterance(Message):
    """A final utterance: speech of one leg, or a chat message of one side.

    For speech `start_sample`..`end_sample` is the tile of the leg's audio that it was decoded from; tiles of one
    leg (utterances and silences) neither overlap nor leave a gap. For chat there is no leg and no tile.
    """

    type: Literal["utterance"] = "utterance"
    utterance_id: str
    role: Role
    text: str
    start: float
    end: float
    leg: str | None = None
    start_sample: int | None = None
    end_sample: int | None = None
    words: list[WordTime] = Field(default_factory=list)
    masked: list[MaskedSpan] = Field(default_factory=list)
    message_id: str | None = None
    language: str = "zh"
    sound: Sound = "speech"
    segment: SegmentKind | None = None
    """What went on while it was said, as far as the switch had told by then."""


class Receipt(Message):
    """When things happened on a suggestion's way, in Unix seconds of the server's clock; None = did not happen.

    `speech_end` is when the customer's last word so far ended, mapped from audio position to the clock.
    """

    speech_end: float | None = None
    first_interim: float | None = None
    intent: float | None = None
    retrieval: float | None = None
    pushed: float | None = None
    rendered: float | None = None
    acted: float | None = None


class CardReason(Message):
    """What the team did with an article for this question in the last 90 days, and how often."""

    kind: Literal["sent", "used", "edited", "spoken", "dismissed", "not_right", "ignored"]
    count: int


class Card(Message):
    """One suggestion as shown: everything frozen at the time it was raised."""

    suggestion_id: str
    article_id: str
    article_version: int
    title: str
    reply: str
    reply_to_send: str
    intent: str | None
    confidence: float
    matched: str
    """The question of the article (or the sample) that the customer's words were matched to."""
    rank: int
    source: Literal["interim", "final", "chat", "search", "context"]
    model: str
    thresholds: dict[str, float] = Field(default_factory=dict)
    holes: list[str] = Field(default_factory=list)
    """Slots such as `{amount}` that stand unfilled in a reply: the agent has to complete them."""
    filled: dict[str, str] = Field(default_factory=dict)
    """Slots that were filled, and who told what is in them: `customer`, `context` or `task`."""
    why: list[CardReason] = Field(default_factory=list)
    """What the team did with this article before, where that moves its place; the strongest reason first."""


class SuggestionsRaised(Message):
    """Cards for one thing the customer said, best first; they replace unacted cards named in `replaces`."""

    type: Literal["suggestions.raised"] = "suggestions.raised"
    trigger: str
    """Id of the utterance (or of the open one, for interims; or of the search) that caused them."""
    trigger_text: str
    cards: list[Card]
    receipt: Receipt
    replaces: list[str] = Field(default_factory=list)


class SuggestionRevised(Message):
    """The same card, better known: its confidence, rank, match or confirmation changed; its reply only where a hole
    in it could be filled, None stands for the same as before."""

    type: Literal["suggestion.revised"] = "suggestion.revised"
    suggestion_id: str
    confidence: float
    rank: int
    matched: str
    confirmed: bool
    reply: str | None = None
    reply_to_send: str | None = None
    holes: list[str] | None = None
    filled: dict[str, str] | None = None


class SuggestionsUnsure(Message):
    """For a final utterance the suggester kept silent, or was not sure: what it took it for, worth a person's look.

    `confidence` (0..1) fell short of `threshold`. Raises nothing and changes nothing on a panel.
    """

    type: Literal["suggestions.unsure"] = "suggestions.unsure"
    trigger: str
    guess: str | None
    confidence: float
    threshold: float


class SuggestionOutcome(Message):
    """What became of a card. `text` is what was really sent or said where it differs."""

    type: Literal["suggestion.outcome"] = "suggestion.outcome"
    suggestion_id: str
    outcome: OutcomeKind
    by: str
    action_id: str | None = None
    text: str | None = None
    score: float | None = None
    """For `spoken`: how alike what the agent said and the reply are, 0..1."""


class SuggestionRendered(Message):
    """The panel's own time of painting the cards, already corrected to the server's clock."""

    type: Literal["suggestion.rendered"] = "suggestion.rendered"
    suggestion_ids: list[str]
    rendered: float


class MessageQueued(Message):
    """A text on its way to the customer. The outbox row is committed with this event.

    `text` is masked, as it is kept; what goes out is in the outbox until it is delivered.
    """

    type: Literal["message.queued"] = "message.queued"
    message_id: str
    text: str
    by: str
    adapter: Adapter
    suggestion_id: str | None = None
    action_id: str
    _outgoing: str | None = PrivateAttr(default=None)

    @property
    def outgoing(self) -> str:
        """The text as the agent wrote it, in the event that is being committed; never stored with it or sent."""
        return self.text if self._outgoing is None else self._outgoing

    def going_out_as(self, text: str) -> "MessageQueued":
        """The same event with what goes out."""
        self._outgoing = text
        return self


class MessageState(Message):
    """News of a message on its way to the customer."""

    type: Literal["message.state"] = "message.state"
    message_id: str
    state: DeliveryState
    attempts: int = 0
    reason: str | None = None


class ConversationEnded(Message):
    """No more audio or chat will come; the agent may still wrap up."""

    type: Literal["conversation.ended"] = "conversation.ended"
    reason: str


class WrappedUp(Message):
    """The agent's work on the conversation is done."""

    type: Literal["conversation.wrapped_up"] = "conversation.wrapped_up"
    code: str
    note: str = ""
    by: str
    action_id: str


Payload = Annotated[
    ConversationStarted
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
    | WrappedUp,
    Field(discriminator="type"),
]


class Event(Message):
    """One row of a conversation."""

    conversation_id: str
    seq: int
    at: float
    payload: Payload
