"""The native audio door, `/v1/listen`.

A sender opens the socket with its key in the `Authorization: Bearer` header, sends `start`, waits for `started`,
sends binary audio from `resume_from` on, and ends with `stop`. With two legs the audio is interleaved
sample by sample in the order of `legs`. `ack` says how many samples per leg are durably spooled: after a lost
connection the sender opens a new socket, sends the same `start` (with the `resume_token`, if it has one), and
continues from the `resume_from` that it is told. A sender that keeps no audio says `can_repeat: false`.

A node that is told to stop takes no new calls, waits a little until nobody is in mid-sentence, tells every final, then
says `error` with the code `shutting_down` and closes with 1012: connect again, elsewhere if there is another node. The
same holds after any close with 1006, 1011, 1012 or 1013; after 1008 there is something wrong with what was sent.
"""

from typing import Annotated, Literal

from pydantic import Field

from server.wire.base import WIRE_VERSION, ErrorCode, Label, Language, Message, Text
from server.wire.events import Channel, Direction, Role, WordTime

Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\w.:@+-]+$")]


class LegSpec(Message):
    """One party's audio as the sender names it."""

    leg: Name
    role: Role
    language: Language | None = None


class Start(Message):
    """The first message of a sender: what it delivers, and what it knows of the call."""

    type: Literal["start"] = "start"
    version: int = WIRE_VERSION
    external_id: Name
    channel: Literal[Channel.CALL] = Channel.CALL
    direction: Direction = Direction.INBOUND
    legs: list[LegSpec] = Field(min_length=1, max_length=2)
    encoding: str = "pcm16"
    sample_rate: int
    language: Language = "zh"
    queue: Name = "default"
    agent: Label | None = None
    """Login or extension, if known."""
    customer: Label | None = None
    context: dict[Label, Text] = Field(default_factory=dict, max_length=32)
    product: Label | None = None
    task: Name | None = None
    """The outbound task that caused the call, by its external id."""
    resume_token: str | None = Field(default=None, max_length=128)
    can_repeat: bool = True
    """Whether the sender, once its connection was lost, goes on from `resume_from`. False: it goes on with what is said
    then, and what was said meanwhile becomes a gap of that length."""


class Stop(Message):
    """No more audio comes."""

    type: Literal["stop"] = "stop"


ListenClientMessage = Annotated[Start | Stop, Field(discriminator="type")]


class Started(Message):
    """The call is open: send audio from `resume_from` on."""

    type: Literal["started"] = "started"
    version: int = WIRE_VERSION
    conversation_id: str
    resume_token: str
    resume_from: int
    """First sample (of each leg) that the sender is to send; 0 for a new leg."""


class Ack(Message):
    """So many samples of the leg are on disk for good."""

    type: Literal["ack"] = "ack"
    leg: str
    samples: int


class Interim(Message):
    """Words being spoken; replaced by the next interim or the final."""

    type: Literal["interim"] = "interim"
    leg: str
    text: str
    start: float
    end: float


class Final(Message):
    """An utterance, committed. Times are seconds from the conversation's origin."""

    type: Literal["final"] = "final"
    leg: str
    utterance_id: str
    text: str
    start: float
    end: float
    start_sample: int
    end_sample: int
    words: list[WordTime]


class Ended(Message):
    """Everything was heard and stored; samples per leg."""

    type: Literal["ended"] = "ended"
    conversation_id: str
    samples: dict[str, int]


class ListenError(Message):
    """What is wrong; after a fatal error the server closes."""

    type: Literal["error"] = "error"
    code: ErrorCode
    message: str
    fatal: bool
    retry_after: float | None = None
    """Seconds after which trying again may help; null where it will not, or at once."""


ListenServerMessage = Annotated[Started | Ack | Interim | Final | Ended | ListenError, Field(discriminator="type")]
