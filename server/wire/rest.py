"""HTTP bodies under `/v1`."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from server.wire.base import STORABLE, Label, Language, Message, Problem, Text
from server.wire.events import Channel, Direction, Event, Receipt, Role, Sound


class ProblemResponse(Message):
    """Body of every error answer."""

    problem: Problem


class LoginRequest(Message):
    """Who wants in."""

    login: Annotated[str, Field(min_length=1, max_length=128), STORABLE]
    password: str = Field(min_length=1, max_length=256)


class PasswordRequest(Message):
    """Choose another password; `old` is the one in force."""

    old: str = Field(min_length=1, max_length=256)
    new: str = Field(min_length=1, max_length=256)


class Me(Message):
    """The person who is logged in."""

    login: str
    display_name: str
    role: str
    demo: bool
    pages: list[str]
    """The pages that this person may open; each is guarded at its doors too."""
    must_change_password: bool


class ArticleHit(Message):
    """An article found by a search; `score` 0..1."""

    article_id: str
    version: int
    title: str
    reply: str
    reply_to_send: str
    matched: str
    score: float


class WrapUpCode(Message):
    """One code of the wrap-up tree."""

    code: str
    parent: str | None
    name_zh: str
    name_en: str


class ConversationRow(Message):
    """One line of the list of stored conversations."""

    conversation_id: str
    external_id: str
    channel: Channel
    direction: Direction
    language: str
    queue: str
    agent: str | None
    customer: str | None
    started_at: float
    ended_at: float | None
    wrap_up: str | None
    utterances: int
    suggestions: int
    acted: int


class ConversationPage(Message):
    """A page of the list; `total` counts all rows."""

    rows: list[ConversationRow]
    total: int


class SnippetPart(Message):
    """A piece of a snippet; `hit` where it is what was searched for."""

    text: str
    hit: bool


class Snippet(Message):
    """Where a search hit: an utterance, cut down to what stands around the hit. `start` in seconds from the origin."""

    utterance_id: str
    role: Role
    sound: Sound
    start: float
    parts: list[SnippetPart]


class FoundConversation(Message):
    """One conversation that a search found. `hits` counts the utterances that hold something of what was asked."""

    row: ConversationRow
    recorded: bool
    hits: int
    snippets: list[Snippet]


class FoundPage(Message):
    """A page of what a search found, newest first; `total` counts all conversations found."""

    found: list[FoundConversation]
    total: int


class AgentName(Message):
    """An agent as a choice; `name` is the login where nobody has that account any more."""

    login: str
    name: str


class IntentName(Message):
    """An intent as a choice; the names are the id where no pack names it."""

    intent: str
    name_zh: str
    name_en: str


class ReviewChoices(Message):
    """What the conversations within a reviewer's reach can be narrowed to."""

    agents: list[AgentName]
    teams: list[str]
    queues: list[str]
    languages: list[str]
    intents: list[IntentName]
    wrap_up: list[WrapUpCode]


class RecordingGap(Message):
    """A stretch without sound: `not recorded` or `masked`; seconds from the conversation's origin."""

    start: float
    end: float
    reason: str


class RecordingInfo(Message):
    """One leg's recording; `offset` is where it begins, in seconds from the conversation's origin."""

    leg: str
    role: str
    url: str
    duration: float
    offset: float
    gaps: list[RecordingGap]


class ConversationDetail(Message):
    """Everything stored of one conversation."""

    row: ConversationRow
    events: list[Event]
    recordings: list[RecordingInfo]
    receipts: dict[str, Receipt]
    """By suggestion id, with rendered and acted filled in."""


class DemoLogin(Message):
    """A login that demo mode offers on the login page."""

    login: str
    password: str
    display_name: str
    role: str


class DemoTurn(Message):
    """One turn of a demo call's script, in seconds of its audio."""

    leg: str
    start: float
    end: float
    text: str
    article: str | None = None


class DemoCall(Message):
    """A recorded call and its script."""

    call_id: str
    title_zh: str
    title_en: str
    lang: str
    duration: float
    turns: list[DemoTurn]
    playable: bool = True
    """Whether this node has the recogniser of its language loaded."""


class ReplayRequest(Message):
    """Which recorded call to play, and how fast."""

    call_id: str = Field(max_length=128)
    speed: float = Field(default=1.0, gt=0, le=8)


class ReplayStarted(Message):
    """The call is being played under this external id."""

    external_id: str


class ChatCreated(Message):
    """The chat, and the path of the customer's page."""

    conversation_id: str
    url: str


class ChatRequest(Message):
    """Open a chat with a customer (what a web site's server asks for when its visitor clicks "chat")."""

    external_id: Annotated[str, Field(min_length=1, max_length=128), STORABLE]
    language: Language = "zh"
    queue: Label = "default"
    agent: Label | None = None
    customer: Label | None = None
    context: dict[Label, Text] = Field(default_factory=dict, max_length=32)


class NotReady(StrEnum):
    """Why a node should get no further call."""

    DRAINING = "draining"
    """It is shutting down."""
    FULL = "full"
    """It carries all the calls that it can."""
    DATABASE = "database"
    """Its database does not answer."""
    DISK = "disk"
    """There is hardly any space left for audio."""
    MODELS = "models"
    """A speech model that the settings want is not loaded."""


class Health(Message):
    """Whether the node serves, and how many more calls it would take."""

    status: str
    """`ok` where only life was asked for; else `ready`, or the first of `reasons`."""
    version: str
    live_conversations: int
    room: int
    reasons: list[NotReady]
