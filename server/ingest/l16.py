"""The L16 socket: one JSON text message about the call, then binary PCM16LE, mono or stereo.

jambonz, FreeSWITCH (`mod_audio_fork`, `mod_audio_stream`) and Vonage speak it; what they write in the first message
differs, see `l16_connectors`. Nothing is sent back, the call ends when the sender closes, and later text messages
(keys that were pressed, notices) are dropped unread.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from server.ingest.connector import Connector
from server.ingest.dialect import Action, Audio, Limits, OpenCall, Refuse
from server.ingest.frames import to_audio, too_large
from server.ingest.one_way import OneWay
from server.ingest.parsing import json_object, parse_start
from server.ingest.told import Told, read_told
from server.wire.base import ErrorCode

ENCODING = "pcm16"
MONO, MIXED, LEFT, RIGHT = "mono", "mixed", "left", "right"
TRACKS = frozenset({MONO, MIXED, LEFT, RIGHT})


class MixType(StrEnum):
    """What the channels carry: one party, both parties in one, or both in two."""

    MONO = "mono"
    MIXED = "mixed"
    STEREO = "stereo"


class Format(Protocol):
    """How one kind of sender describes its audio: the part of its connector that the dialect needs."""

    @property
    def describes(self) -> bool:
        """Whether the first message is always a description."""

    def said(self, message: Mapping[str, Any]) -> dict[str, Any] | str:
        """The fields of `Told` in a description; or what is wrong with it, without its content."""

    @property
    def sample_rate(self) -> int:
        """Hz, where the sender does not say."""

    @property
    def mix_type(self) -> MixType:
        """What the channels carry, where the sender does not say."""


class L16Dialect(OneWay):
    """One L16 socket. `new_external_id` is called once if nobody names the call."""

    def __init__(
        self,
        connector: Connector,
        described: Format,
        query: Mapping[str, str],
        limits: Limits,
        new_external_id: Callable[[], str],
    ) -> None:
        super().__init__()
        self._connector = connector
        self._format = described
        self._query = query
        self._limits = limits
        self._new_external_id = new_external_id
        self._tracks: list[str] = []

    def receive_text(self, text: str) -> list[Action]:
        """Take the description; see `Dialect`."""
        if self.over:
            return []
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._limits.max_frame_bytes:
            return self.refuse(too_large(size, self._limits.max_frame_bytes))
        if self.opened:
            return []
        message = json_object(text)
        if message is not None:
            return self._described(message)
        if not self._format.describes:
            return []
        return self.wrong(ErrorCode.START_EXPECTED, "the first message must be a JSON object about the call")

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take audio; see `Dialect`."""
        if self.over:
            return []
        if len(data) > self._limits.max_frame_bytes:
            return self.refuse(too_large(len(data), self._limits.max_frame_bytes))
        if not self.opened and self._format.describes:
            return self.wrong(ErrorCode.START_EXPECTED, "send the JSON object about the call before audio")
        opening = [] if self.opened else self._described({})
        if self.over or not data:
            return opening
        heard = to_audio(data, ENCODING, self._tracks)
        return [*opening, self._named(heard)] if isinstance(heard, Audio) else [*opening, *self.refuse(heard)]

    def _described(self, message: Mapping[str, Any]) -> list[Action]:
        said = self._format.said(message)
        if isinstance(said, str):
            return self.wrong(ErrorCode.BAD_MESSAGE, said)
        told = read_told(said, self._query)
        return self.refuse(told) if isinstance(told, Refuse) else self._open(told)

    def _open(self, told: Told) -> list[Action]:
        mix = told.mix_type or self._format.mix_type
        tracks = _tracks(mix, told.track)
        if tracks is None:
            return self.wrong(ErrorCode.BAD_MESSAGE, f"the mix type is one of {', '.join(MixType)}")
        legs = self._connector.leg_specs(tracks)
        if not legs:
            unheard = "the connector's `legs` names no track of this socket: add it, or send another `track`"
            return self.wrong(ErrorCode.POLICY, unheard)
        rate = told.sample_rate or self._format.sample_rate
        external_id = told.external_id or self._new_external_id()
        start = parse_start(told.start_fields(self._connector, external_id, legs, ENCODING, rate), self._limits)
        if isinstance(start, Refuse):
            return self.refuse(start)
        self._tracks, self.opened = tracks, True
        return [OpenCall(start, resumable=False, supersede=self._connector.guarded, restart=True)]

    def _named(self, heard: Audio) -> Audio:
        """The same by leg, without tracks that nobody listens to."""
        named = {self._connector.leg_name(track): raw for track, raw in heard.raw.items()}
        return Audio({leg: raw for leg, raw in named.items() if leg is not None}, heard.encoding)


def _tracks(mix: str, track: str | None) -> list[str] | None:
    """The tracks of the channels, in their order; None for an unknown mix type."""
    match mix:
        case MixType.STEREO:
            return [LEFT, RIGHT]
        case MixType.MIXED:
            return [MIXED]
        case MixType.MONO:
            return [track or MONO]
        case _:
            return None
