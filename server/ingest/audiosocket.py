"""Asterisk's AudioSocket, over TCP: one channel, one leg.

All that it says of a call is a UUID. So that the two legs of a call find each other, the last hexadecimal digit of
the UUID says which leg it is: the UUIDs …1 and …2 are two legs of the call whose external id is …0.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field, field_validator

from server.ingest.audiosocket_frames import RATES, Frame, FrameParser, Kind
from server.ingest.connector import Connector, NotAdmitted, Upgrade
from server.ingest.dialect import (
    Action,
    Audio,
    Close,
    Dialect,
    Limits,
    OpenCall,
    Refuse,
    Reply,
    SendBytes,
    Tell,
)
from server.ingest.frames import to_audio
from server.ingest.one_way import OneWay
from server.ingest.parsing import parse_start
from server.ingest.told import Told
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Role

ENCODING = "pcm16"
ANY = "any"
DIGITS = frozenset("0123456789abcdef")
_HANGUP = SendBytes(Frame(Kind.HANGUP).encode())
_GOODBYE: tuple[Reply, ...] = (_HANGUP, Close(1000, ""))


class AudioSocketConnector(Connector):
    """Asterisk, AudioSocket: a TCP port of its own, open to the addresses in `networks`. The tracks are the last digit
    of the UUID, as in `legs = { 1 = "customer", 2 = "agent" }`; the call's external id is the UUID with 0 in its place.
    With the one track `any` each UUID is a call of its own. See [Asterisk](asterisk.md)."""

    tracks: ClassVar[frozenset[str]] = DIGITS | {ANY}
    dialect: Literal["audiosocket"]
    listen: str = Field(
        pattern=r"^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$",
        description="Address and port to listen on, such as `10.1.0.5:9092` or `[::1]:9092`.",
    )

    @field_validator("listen")
    @classmethod
    def _real_port(cls, listen: str) -> str:
        if int(listen.rpartition(":")[2]) > 65535:
            raise ValueError("a port is at most 65535")
        return listen

    @field_validator("legs")
    @classmethod
    def _any_alone(cls, legs: dict[str, Role]) -> dict[str, Role]:
        if ANY in legs and len(legs) > 1:
            raise ValueError("`any` is every UUID: it stands alone")
        return legs

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    def may_join(self, upgrade: Upgrade) -> bool:
        """Each carries one leg; see `Connector`."""
        return True

    def admit(self, upgrade: Upgrade) -> None:
        """Nobody over HTTP; see `admit_address`."""
        raise NotAdmitted(ErrorCode.FORBIDDEN, "this connector is spoken to on a port of its own, over TCP")

    def admit_address(self, address: str | None) -> None:
        """Raise NotAdmitted unless a connection may come from this IP address."""
        super().admit(Upgrade(url="", now=0.0, address=address))

    def dialect_for(self, upgrade: Upgrade, limits: Limits) -> Dialect:
        """See `Connector`."""
        return AudioSocketDialect(self, limits)

    def call_of(self, uuid: UUID) -> tuple[str, str]:
        """External id and track of a UUID."""
        text = str(uuid)
        return (text, ANY) if ANY in self.legs else (text[:-1] + "0", text[-1])


class AudioSocketDialect(OneWay):
    """One connection of AudioSocket. Its messages are pieces of the TCP stream, cut anywhere."""

    def __init__(self, connector: AudioSocketConnector, limits: Limits) -> None:
        super().__init__()
        self._connector = connector
        self._limits = limits
        self._parser = FrameParser()
        self._uuid: UUID | None = None
        self._start: listen.Start | None = None

    def receive_text(self, text: str) -> list[Action]:
        """There is no text in a TCP stream; see `Dialect`."""
        return []

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take a piece of the stream; see `Dialect`."""
        actions: list[Action] = []
        for frame in _joined(self._parser.feed(data)):
            if self.over:
                break
            actions += self._take(frame)
        return actions

    def ended(self, ended: listen.Ended) -> list[Reply]:
        """Hang up; see `Dialect`."""
        return list(_GOODBYE)

    def failed(self, code: ErrorCode, message: str, fatal: bool) -> list[Reply]:
        """Hang up if it is fatal; the protocol has no way to say why, so the reason is for the log."""
        closing = super().failed(code, message, fatal)
        return [_HANGUP, *closing] if closing else []

    def _take(self, frame: Frame) -> list[Action]:
        if frame.kind in (Kind.HANGUP, Kind.ERROR):
            return self.left() or [Tell(reply) for reply in _GOODBYE]
        if frame.kind == Kind.UUID:
            return self._named(frame.payload)
        if self._uuid is None:
            return self.wrong(ErrorCode.START_EXPECTED, "the first frame must be the call's UUID (type 0x01)")
        if frame.kind in RATES and frame.payload:
            return self._heard(self._uuid, RATES[frame.kind], frame.payload)
        return []  # keys that were pressed, and what later versions may add

    def _named(self, payload: bytes) -> list[Action]:
        if len(payload) != 16:
            return self.wrong(ErrorCode.BAD_MESSAGE, "a UUID frame has 16 bytes")
        uuid = UUID(bytes=payload)
        if self._uuid not in (None, uuid):
            return self.wrong(ErrorCode.BAD_MESSAGE, "another UUID on the same connection: open one for each channel")
        if not self._connector.leg_specs([self._connector.call_of(uuid)[1]]):
            message = "the UUID's last digit is none of the connector's `legs`: end it in one of them"
            return self.wrong(ErrorCode.POLICY, message)
        self._uuid = uuid
        return []

    def _heard(self, uuid: UUID, rate: int, payload: bytes) -> list[Action]:
        opening = self._open(uuid, rate) if self._start is None else []
        if self._start is None:
            return opening
        if rate != self._start.sample_rate:
            return self.wrong(ErrorCode.BAD_MESSAGE, "the sample rate changed during the call")
        heard = to_audio(payload, ENCODING, [self._start.legs[0].leg])
        if isinstance(heard, Audio):
            return [*opening, heard]
        return [*opening, *self.refuse(heard)]

    def _open(self, uuid: UUID, rate: int) -> list[Action]:
        external_id, track = self._connector.call_of(uuid)
        legs = self._connector.leg_specs([track])
        start = parse_start(Told().start_fields(self._connector, external_id, legs, ENCODING, rate), self._limits)
        if isinstance(start, Refuse):
            return self.refuse(start)
        self._start, self.opened = start, True
        return [OpenCall(start, resumable=False, restart=True)]


def _joined(frames: Iterable[Frame]) -> list[Frame]:
    """The same, with audio that came in one piece as one frame."""
    joined: list[Frame] = []
    for (kind, whole), run in groupby(frames, lambda f: (f.kind, f.kind in RATES and not len(f.payload) % 2)):
        if whole:
            joined.append(Frame(kind, b"".join(frame.payload for frame in run)))
        else:
            joined.extend(run)
    return joined
