"""The dialect of alphacep/vosk-server's WebSocket server, `/v1/vosk`: its clients work unchanged.

Text `{"config": {...}}` (optional, before audio), binary PCM16LE mono, text `{"reset": 1}` and `{"eof": 1}`. Every
audio message and every reset gets exactly one reply; `eof` gets the last result, then the connection closes.
What the protocol has no room for (who is calling) comes in the URL's query. As this sender cannot resume, what it
says while disconnected is lost, and errors are told only by the close frame.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ConfigDict, ValidationError

from server.ingest.closing import close_for
from server.ingest.dialect import (
    Action,
    Close,
    CutUtterance,
    EndAudio,
    Limits,
    OpenCall,
    Refuse,
    Reply,
    Tell,
)
from server.ingest.frames import to_audio, too_large
from server.ingest.parsing import describe, json_object, parse_start
from server.ingest.vosk_config import VoskConfig
from server.ingest.vosk_replies import VoskReplies
from server.wire import listen
from server.wire.base import ErrorCode, Language, Message
from server.wire.events import Direction, Role
from server.wire.listen import Name

_CONTROL_BYTES = 256
"""Some clients send their control messages as binary; none is longer than this."""


class VoskQuery(Message):
    """The query of `/v1/vosk`. Unknown parameters are ignored; `leg` defaults to the role's name."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    external_id: Name | None = None
    leg: Name | None = None
    role: Role = Role.UNKNOWN
    language: Language = "zh"
    queue: Name = "default"
    direction: Direction = Direction.INBOUND
    agent: str | None = None
    customer: str | None = None

    def start_fields(self, external_id: str, sample_rate: int) -> dict[str, Any]:
        """The native `start` that says the same."""
        return {
            "external_id": external_id,
            "direction": self.direction,
            "legs": [{"leg": self.leg or self.role.value, "role": self.role}],
            "encoding": "pcm16",
            "sample_rate": sample_rate,
            "language": self.language,
            "queue": self.queue,
            "agent": self.agent,
            "customer": self.customer,
        }


class QueryError(ValueError):
    """The URL's query is wrong; `code` and `message` are for `close_for`."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def parse_query(query: Mapping[str, str]) -> VoskQuery:
    """Read the URL's query; raises `QueryError` if a parameter is malformed."""
    try:
        return VoskQuery.model_validate(dict(query))
    except ValidationError as error:
        raise QueryError(ErrorCode.BAD_MESSAGE, f"query: {describe(error)}") from None


class VoskDialect:
    """One connection to `/v1/vosk`. `new_external_id` is called once if the query names no call."""

    def __init__(self, query: VoskQuery, limits: Limits, new_external_id: Callable[[], str]) -> None:
        self._query = query
        self._limits = limits
        self._new_external_id = new_external_id
        self._config = VoskConfig()
        self._replies = VoskReplies()
        self._start: listen.Start | None = None
        self._heard_all = False
        self._closed = False

    def receive_text(self, text: str) -> list[Action]:
        """Take `config`, `reset` or `eof`; see `Dialect`."""
        if self._heard_all:
            return []
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._limits.max_frame_bytes:
            return self._refuse(too_large(size, self._limits.max_frame_bytes))
        message = json_object(text)
        if message is None or not message.keys() & {"config", "reset", "eof"}:
            return self._bad("send binary audio, or JSON with `config`, `reset` or `eof`")
        return self._control(message)

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take audio (or a control message sent as binary); see `Dialect`."""
        if self._heard_all:
            return []
        if len(data) > self._limits.max_frame_bytes:
            return self._refuse(too_large(len(data), self._limits.max_frame_bytes))
        if (message := _binary_control(data)) is not None:
            return self._control(message)
        opening = self._open() if self._start is None else []
        if self._start is None:
            return opening
        audio = to_audio(data, self._start.encoding, [self._start.legs[0].leg])
        if isinstance(audio, Refuse):
            return self._refuse(audio)
        return [*opening, audio]

    def left(self) -> list[Action]:
        """Nothing: the end is told by `eof`, and the sender may come back."""
        return []

    def started(self, info: listen.Started, offset: float = 0.0) -> list[Reply]:
        """Remember where this connection's first sample lies: a Vosk client counts its seconds from there."""
        rate = self._start.sample_rate if self._start else 1
        self._replies.origin = offset + info.resume_from / rate
        return []

    def acked(self, leg: str, samples: int) -> list[Reply]:
        """Tell nothing: the protocol has no acknowledgement."""
        return []

    def interim(self, interim: listen.Interim) -> list[Reply]:
        """Keep it for the reply to the chunk."""
        self._replies.interim(interim)
        return []

    def final(self, final: listen.Final) -> list[Reply]:
        """Keep it for the reply to the chunk."""
        self._replies.final(final)
        return []

    def chunk_done(self) -> list[Reply]:
        """The one reply to a chunk: a result if an utterance ended in it, else the words so far."""
        return [] if self._closed else [self._replies.chunk(self._config)]

    def ended(self, ended: listen.Ended) -> list[Reply]:
        """The last result, then the end."""
        self._closed = True
        return [self._replies.result(self._config), Close(1000, "")]

    def failed(self, code: ErrorCode, message: str, fatal: bool) -> list[Reply]:
        """Close with the error as the reason if it is fatal; the protocol has no error message.

        Utterances that waited for the reply to a chunk are told before.
        """
        if not fatal:
            return []
        told = [self._replies.result(self._config)] if self._replies.waiting and not self._closed else []
        self._closed = True
        return [*told, close_for(code, message)]

    def _control(self, message: dict[str, Any]) -> list[Action]:
        if "config" in message:
            return self._configure(message["config"])
        if message.get("eof"):
            return self._eof()
        if message.get("reset"):
            return [CutUtterance()] if self._start else [Tell(self._replies.result(self._config))]
        return []

    def _configure(self, config: object) -> list[Action]:
        updated = self._config.updated(config)
        if isinstance(updated, Refuse):
            return self._refuse(updated)
        if self._start and updated.sample_rate != self._start.sample_rate:
            return self._bad("config: sample_rate cannot change once audio was sent")
        self._config = updated
        return []

    def _eof(self) -> list[Action]:
        self._heard_all = True
        if self._start:
            return [EndAudio()]
        return [Tell(self._replies.result(self._config)), Tell(Close(1000, ""))]

    def _open(self) -> list[Action]:
        fields = self._query.start_fields(self._query.external_id or self._new_external_id(), self._config.sample_rate)
        start = parse_start(fields, self._limits)
        if isinstance(start, Refuse):
            return self._refuse(start)
        self._start = start
        return [OpenCall(start, resumable=False, piecewise=True)]

    def _bad(self, message: str) -> list[Action]:
        return self._refuse(Refuse(ErrorCode.BAD_MESSAGE, message, fatal=True))

    def _refuse(self, refusal: Refuse) -> list[Action]:
        self._heard_all = True
        return [refusal]


def _binary_control(data: bytes) -> dict[str, Any] | None:
    if len(data) > _CONTROL_BYTES or not data.lstrip().startswith(b"{"):
        return None
    try:
        message = json_object(data.decode("ascii"))
    except UnicodeDecodeError:
        return None
    return message if message is not None and message.keys() & {"config", "reset", "eof"} else None
