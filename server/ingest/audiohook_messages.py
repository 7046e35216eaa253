"""What a Genesys AudioHook client sends: its messages and their parameters, read strictly.

Unknown properties are passed over, as the protocol asks for: newer clients have more of them.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from server.ingest.dialect import Refuse
from server.wire.base import ErrorCode, Label

RATE = 8000
"""Hz; the only rate of the protocol."""
VERSION = "2"
NO_ID = "00000000-0000-0000-0000-000000000000"
"""As conversation and participant: the client only tries the connection."""

_DURATION = re.compile(r"PT(?=\.?\d)\d{0,9}(\.\d{0,20})?S", re.ASCII)
_UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def _samples(text: object) -> int:
    if not isinstance(text, str) or not _DURATION.fullmatch(text):
        raise ValueError("write a duration in seconds, such as PT12.5S")
    return round(float(text[2:-1]) * RATE)


def duration(samples: float) -> str:
    """A length in samples (never negative) as the protocol writes it."""
    return f"PT{max(0.0, samples) / RATE:.6f}".rstrip("0").rstrip(".") + "S"


Uuid = Annotated[str, Field(pattern=_UUID)]
Samples = Annotated[int, BeforeValidator(_samples)]
"""A duration of the wire, in samples."""
Seq = Annotated[StrictInt, Field(ge=0)]


class _Received(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Participant(_Received):
    """The party outside."""

    id: Uuid
    ani: Label
    dnis: Label


class Media(_Received):
    """A format that the client can send. Formats that are not spoken here are read too, and never chosen."""

    type: str
    format: str
    channels: list[str] = Field(max_length=8)
    rate: StrictInt


class ContinuedSession(_Received):
    """A session of which this one is the continuation."""

    id: Uuid


class Open(_Received):
    """The first message."""

    organization_id: Uuid = Field(alias="organizationId")
    conversation_id: Uuid = Field(alias="conversationId")
    participant: Participant
    media: list[Media] = Field(max_length=64)
    language: Label | None = None
    supported_languages: StrictBool = Field(default=False, alias="supportedLanguages")
    continued_sessions: list[ContinuedSession] = Field(default=[], alias="continuedSessions", max_length=64)

    @property
    def is_probe(self) -> bool:
        """Whether the client only tries the connection."""
        return self.conversation_id == NO_ID


class Close(_Received):
    """No more audio comes; `reason` tells whether the call itself is over."""

    reason: Literal["end", "error", "disconnect", "reconnect"]


class Hole(_Received):
    """Of `discarded` and `resumed`: this much from `start` on was never sent."""

    start: Samples
    discarded: Samples


class Update(_Received):
    """Another language is spoken from now on."""

    language: Label


class ClientError(_Received):
    """What the client did not like."""

    code: StrictInt
    retry_after: Samples | None = Field(default=None, alias="retryAfter")


class Ping(_Received):
    """The client wants to know that somebody is there."""

    rtt: Samples | None = None


class Dtmf(_Received):
    """A key was pressed. Which one is never read: digits are secrets."""


class Other(_Received):
    """A message that needs nothing but to be counted."""


Parameters = Open | Close | Hole | Update | ClientError | Ping | Dtmf | Other

_KINDS: dict[str, type[Parameters]] = {
    "open": Open,
    "close": Close,
    "discarded": Hole,
    "resumed": Hole,
    "paused": Other,
    "update": Update,
    "error": ClientError,
    "ping": Ping,
    "dtmf": Dtmf,
    "playback_started": Other,
    "playback_completed": Other,
}


class _Envelope(_Received):
    version: Literal["2"]
    id: Uuid
    type: Annotated[str, Field(max_length=64)]
    seq: Seq
    serverseq: Seq
    position: Samples
    parameters: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """A message. `position`: samples of the stream so far, by the client's count, with those it left out."""

    id: str
    type: str
    seq: int
    serverseq: int
    position: int
    parameters: Parameters


def read_message(fields: dict[str, Any] | None) -> ClientMessage | Refuse:
    """A message from its JSON object (None: it was not one); what is wrong with it is a fatal refusal.

    A type that is not known is an `Other`: it is counted and passed over.
    """
    if fields is None:
        return _bad("a message must be a JSON object")
    if fields.get("version") != VERSION:
        return Refuse(ErrorCode.UNSUPPORTED_VERSION, "this server speaks version 2 of AudioHook", fatal=True)
    try:
        envelope = _Envelope.model_validate(fields)
        parameters = _KINDS.get(envelope.type, Other).model_validate(envelope.parameters)
    except ValidationError as error:
        return _bad(_describe(error))
    return ClientMessage(envelope.id, envelope.type, envelope.seq, envelope.serverseq, envelope.position, parameters)


def _describe(error: ValidationError) -> str:
    """The first field error; names in it are the protocol's, never the client's."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"


def _bad(message: str) -> Refuse:
    return Refuse(ErrorCode.BAD_MESSAGE, message, fatal=True)
