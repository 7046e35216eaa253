"""The agent's socket, `/v1/panel` (session cookie and Origin check).

The server says `hello` with the conversations that are the agent's and not wrapped up. The panel sends `watch` for each
with the last seq it has; it then gets every later event once, in order, and interims as they come.
Every action carries an id made by the panel: repeating it changes nothing and gets the same answer.
"""

from typing import Annotated, Literal

from pydantic import Field

from server.wire.base import STORABLE, WIRE_VERSION, Language, Message, Problem, Text
from server.wire.events import Channel, Consent, Direction, Event, Role

Id = Annotated[str, Field(min_length=1, max_length=64), STORABLE]


class Watch(Message):
    """Send me this conversation's events after `after_seq`, and everything that follows."""

    type: Literal["watch"] = "watch"
    conversation_id: Id
    after_seq: int = Field(default=0, ge=0)


class Unwatch(Message):
    """Send nothing more of this conversation."""

    type: Literal["unwatch"] = "unwatch"
    conversation_id: Id


class Ping(Message):
    """Asks for the server's clock."""

    type: Literal["ping"] = "ping"
    client_time: float


class Rendered(Message):
    """Cards were painted; `rendered` is Unix seconds on the server's clock (the panel's clock plus its offset)."""

    type: Literal["rendered"] = "rendered"
    conversation_id: Id
    suggestion_ids: list[Id] = Field(max_length=10)
    rendered: float


class ActionBase(Message):
    """What every action has: its own id, and the conversation it is for."""

    action_id: Id
    conversation_id: Id


class Use(ActionBase):
    """On a call: "I am saying this"."""

    type: Literal["use"] = "use"
    suggestion_id: Id
    text: Text | None = None


class Send(ActionBase):
    """Send text to the customer, from a card (edited or not) or typed by hand."""

    type: Literal["send"] = "send"
    text: Text
    suggestion_id: Id | None = None
    confirmed: bool = False
    """On a call sending text needs a second step: the first answer asks for it with `policy`."""


class Dismiss(ActionBase):
    """Take the card away; it was of no use now."""

    type: Literal["dismiss"] = "dismiss"
    suggestion_id: Id


class NotRight(ActionBase):
    """The card does not fit what the customer wants: becomes a sample to be labelled."""

    type: Literal["not_right"] = "not_right"
    suggestion_id: Id


class RaiseArticle(ActionBase):
    """Put an article found by hand on screen as a card, so that it can be used or sent."""

    type: Literal["raise_article"] = "raise_article"
    article_id: Id
    query: Text = ""


class WrapUp(ActionBase):
    """End the work on the conversation with a code."""

    type: Literal["wrap_up"] = "wrap_up"
    code: Id
    note: Text = ""


class SetLanguage(ActionBase):
    """The customer speaks another language than was thought."""

    type: Literal["set_language"] = "set_language"
    language: Language
    leg: Id | None = None
    """Which leg; None: every leg."""


class SetRecording(ActionBase):
    """Keep the audio from now on, or leave it out, as far as the queue's policy allows."""

    type: Literal["set_recording"] = "set_recording"
    recording: bool


class SetConsent(ActionBase):
    """What the customer said to being recorded."""

    type: Literal["set_consent"] = "set_consent"
    consent: Consent


PanelAction = Use | Send | Dismiss | NotRight | RaiseArticle | WrapUp | SetLanguage | SetRecording | SetConsent
PanelClientMessage = Annotated[
    Watch
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
    | SetConsent,
    Field(discriminator="type"),
]


class ConversationSummary(Message):
    """What a panel needs to open a conversation."""

    conversation_id: str
    channel: Channel
    external_id: str
    language: str
    queue: str
    customer: str | None
    started_at: float
    ended_at: float | None
    wrapped_up: bool
    text_out: bool
    """Whether the queue's policy lets the agent send text in this conversation."""
    insert_only: bool
    """Chat: the main action inserts the reply into the input box instead of sending it."""
    chat_url: str | None = None
    direction: Direction


class Claim(Message):
    """A live call that nobody could be matched to, as agents of its queue see it."""

    conversation_id: str
    external_id: str
    direction: Direction
    queue: str
    language: str
    customer: str | None
    started_at: float


class Claims(Message):
    """Every call of the agent's queues that waits for somebody to claim it; sent at first and whenever it changes."""

    type: Literal["claims"] = "claims"
    calls: list[Claim]


class Hello(Message):
    """First message of the server."""

    type: Literal["hello"] = "hello"
    version: int = WIRE_VERSION
    login: str
    display_name: str
    conversations: list[ConversationSummary]


class Assigned(Message):
    """A conversation became this agent's: open it."""

    type: Literal["assigned"] = "assigned"
    conversation: ConversationSummary


class Unassigned(Message):
    """It is no longer this agent's: close it at once."""

    type: Literal["unassigned"] = "unassigned"
    conversation_id: str


class EventMessage(Message):
    """One event of a watched conversation."""

    type: Literal["event"] = "event"
    event: Event


class PanelInterim(Message):
    """Words being spoken; replaced by the next one, or by the utterance. Empty text: there was nothing after all."""

    type: Literal["interim"] = "interim"
    conversation_id: str
    leg: str
    role: Role
    text: str
    start: float
    end: float


class PanelLag(Message):
    """Recognition is so many seconds behind what is being said; told again as that changes, with 0 once it is over.

    `away`: no audio comes in, as the phone system's connection is gone; it may come back.
    """

    type: Literal["lag"] = "lag"
    conversation_id: str
    seconds: float
    away: bool = False


class Pong(Message):
    """Answer to `ping`; both times in Unix seconds."""

    type: Literal["pong"] = "pong"
    client_time: float
    server_time: float


class ActionResult(Message):
    """Whether an action was done."""

    type: Literal["action_result"] = "action_result"
    action_id: str
    ok: bool
    problem: Problem | None = None


class PanelError(Message):
    """A message of the panel could not be understood or done."""

    type: Literal["error"] = "error"
    problem: Problem


PanelServerMessage = Annotated[
    Hello | Assigned | Unassigned | Claims | EventMessage | PanelInterim | PanelLag | Pong | ActionResult | PanelError,
    Field(discriminator="type"),
]
