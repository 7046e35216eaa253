"""Our own dialect, `/v1/listen`: see `server.wire.listen` for the messages."""

from enum import Enum, auto

from server.ingest.closing import close_for
from server.ingest.dialect import Action, Close, EndAudio, Limits, OpenCall, Refuse, Reply, SendText
from server.ingest.frames import to_audio, too_large
from server.ingest.parsing import json_object, parse_start
from server.wire import listen
from server.wire.base import RETRY_SECONDS, ErrorCode, Message

_MAX_COMPLAINTS = 20
"""Harmless mistakes that one connection may make before it is closed."""


class _State(Enum):
    STARTING = auto()
    LISTENING = auto()
    STOPPED = auto()
    CLOSED = auto()


class NativeDialect:
    """One connection to `/v1/listen`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._state = _State.STARTING
        self._start: listen.Start | None = None
        self._complaints = 0

    def receive_text(self, text: str) -> list[Action]:
        """Take `start` or `stop`; see `Dialect`."""
        if self._state is _State.CLOSED:
            return []
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._limits.max_frame_bytes:
            return self._refuse(too_large(size, self._limits.max_frame_bytes))
        fields = json_object(text)
        kind = fields.get("type") if fields is not None else None
        if self._state is _State.STARTING:
            if fields is None or kind != "start":
                return self._fatal(ErrorCode.START_EXPECTED, "the first message must be a JSON `start`")
            return self._open(parse_start(fields, self._limits))
        if kind == "stop":
            return self._stop(fields)
        return self._complain_about_text(kind)

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take audio; see `Dialect`."""
        if self._state is _State.CLOSED:
            return []
        if self._state is _State.STOPPED:
            return self._complain(ErrorCode.CONVERSATION_ENDED, "audio after `stop` was dropped")
        if self._start is None:
            return self._fatal(ErrorCode.START_EXPECTED, "send `start` before audio")
        if len(data) > self._limits.max_frame_bytes:
            return self._refuse(too_large(len(data), self._limits.max_frame_bytes))
        if not data:
            return []
        audio = to_audio(data, self._start.encoding, [leg.leg for leg in self._start.legs])
        return self._refuse(audio) if isinstance(audio, Refuse) else [audio]

    def left(self) -> list[Action]:
        """Nothing: the sender may come back and go on."""
        return []

    def started(self, info: listen.Started, offset: float = 0.0) -> list[Reply]:
        """Tell where to begin; see `Dialect`."""
        return _send(info)

    def acked(self, leg: str, samples: int) -> list[Reply]:
        """Tell what is safe; see `Dialect`."""
        return _send(listen.Ack(leg=leg, samples=samples))

    def interim(self, interim: listen.Interim) -> list[Reply]:
        """Pass it on; see `Dialect`."""
        return _send(interim)

    def final(self, final: listen.Final) -> list[Reply]:
        """Pass it on; see `Dialect`."""
        return _send(final)

    def chunk_done(self) -> list[Reply]:
        """Tell nothing: native senders do not wait for a reply per chunk."""
        return []

    def ended(self, ended: listen.Ended) -> list[Reply]:
        """Say good-bye; see `Dialect`."""
        self._state = _State.CLOSED
        return [*_send(ended), Close(1000, "")]

    def failed(self, code: ErrorCode, message: str, fatal: bool) -> list[Reply]:
        """Tell the error, and close if it is fatal; see `Dialect`."""
        retry = RETRY_SECONDS if code is ErrorCode.OVERLOADED else None
        told = _send(listen.ListenError(code=code, message=message, fatal=fatal, retry_after=retry))
        if not fatal:
            return told
        self._state = _State.CLOSED
        return [*told, close_for(code)]

    def _open(self, start: listen.Start | Refuse) -> list[Action]:
        if isinstance(start, Refuse):
            return self._refuse(start)
        self._start = start
        self._state = _State.LISTENING
        return [OpenCall(start, resumable=start.can_repeat)]

    def _stop(self, fields: dict[str, object] | None) -> list[Action]:
        if self._state is _State.STOPPED:
            return []
        if fields != {"type": "stop"}:
            return self._complain(ErrorCode.BAD_MESSAGE, "stop: unknown field")
        self._state = _State.STOPPED
        return [EndAudio()]

    def _complain_about_text(self, kind: object) -> list[Action]:
        if kind == "start":
            return self._complain(ErrorCode.BAD_MESSAGE, "this connection has had its `start`")
        return self._complain(ErrorCode.AUDIO_EXPECTED, "binary audio or `stop` is due, not this text")

    def _complain(self, code: ErrorCode, message: str) -> list[Action]:
        self._complaints += 1
        return self._refuse(Refuse(code, message, fatal=self._complaints > _MAX_COMPLAINTS))

    def _fatal(self, code: ErrorCode, message: str) -> list[Action]:
        return self._refuse(Refuse(code, message, fatal=True))

    def _refuse(self, refusal: Refuse) -> list[Action]:
        if refusal.fatal:
            self._state = _State.CLOSED
        return [refusal]


def _send(message: Message) -> list[Reply]:
    return [SendText(message.model_dump_json())]
