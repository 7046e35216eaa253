"""Media streams as Twilio has them, and as Telnyx, Plivo, Exotel and SignalWire have them with other names.

The sender says everything in text: `connected`, `start`, `media` with base64 audio of one track, `dtmf`, `mark`,
`stop`. Nothing is answered: a listening stream that gets a reply is taken for faulty by some of them. As these senders
cannot resume, what is said while one is disconnected is lost. Keys that somebody presses (`dtmf`) are secrets: they
are neither kept nor passed on.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from asr.audio import Encoding, bytes_per_sample
from server.ingest.connector import Connector
from server.ingest.dialect import MOST_FILLED, Action, Audio, EndAudio, Limits, Missing, OpenCall, Refuse
from server.ingest.frames import too_large
from server.ingest.media_messages import Media, Names, StreamStart, read_media, read_start, sequence_of
from server.ingest.media_parameters import shown_token, start_fields
from server.ingest.one_way import OneWay
from server.ingest.parsing import json_object, parse_start
from server.ingest.repair import Ordered, Origin, Sequencer, Timeline
from server.wire import listen
from server.wire.base import ErrorCode

_MAX_COMPLAINTS = 50
"""Messages that cannot be used before the connection is closed: a second of a track that is sent wrongly."""
_AHEAD_SECONDS = 10.0
"""By how much silence that stands in for missing audio may be ahead of the clock."""


@dataclass(slots=True)
class _Track:
    """A track that is listened to. `lost`: messages that never came since its last one, of whatever track."""

    leg: str
    timeline: Timeline
    lost: int = 0


class MediaStreamDialect(OneWay):
    """One connection. `token`: the secret that `start` has to show among its parameters, where it does so there.

    `big_endian`: 16-bit samples come with the high byte first. `clock`: seconds, monotonic.
    """

    def __init__(
        self,
        connector: Connector,
        names: Names,
        limits: Limits,
        clock: Callable[[], float],
        token: str | None = None,
        big_endian: bool = False,
    ) -> None:
        super().__init__()
        self._connector = connector
        self._names = names
        self._limits = limits
        self._clock = clock
        self._token = token
        self._big_endian = big_endian
        self._sequencer: Sequencer[Mapping[str, Any]] = Sequencer()
        self._tracks: dict[str, _Track] = {}
        self._encoding = Encoding.PCM16
        self._sample_rate = 1
        self._began_at = 0.0
        self._complaints = 0

    # --- what the sender says

    def receive_text(self, text: str) -> list[Action]:
        """Take a message; see `Dialect`."""
        if self.over:
            return []
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > self._limits.max_frame_bytes:
            return self.refuse(too_large(size, self._limits.max_frame_bytes))
        message = json_object(text)
        if message is None or not isinstance(message.get("event"), str):
            return self._complain(ErrorCode.BAD_MESSAGE, "a message is a JSON object with an `event`")
        return self._go_on(message) if self.opened else self._begin(message)

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Complain: everything comes as text."""
        if self.over:
            return []
        return self._complain(ErrorCode.BAD_MESSAGE, "this protocol has no binary messages")

    def left(self) -> list[Action]:
        """End the audio: not every vendor says `stop`."""
        return self._stop() if self.opened and not self.over else super().left()

    # --- inside

    def _begin(self, message: Mapping[str, Any]) -> list[Action]:
        match message["event"]:
            case "start":
                return self._open(message)
            case "media":
                return self._complain(ErrorCode.START_EXPECTED, "`start` comes before `media`")
            case "stop":
                return self.wrong(ErrorCode.START_EXPECTED, "the stream stopped before its `start`")
            case _:
                return []

    def _go_on(self, message: Mapping[str, Any]) -> list[Action]:
        if message["event"] == "stop":
            return self._stop()
        ready = self._sequencer.take(sequence_of(message, self._names), message)
        return [action for ordered in ready for action in self._heard(ordered)]

    def _stop(self) -> list[Action]:
        self.over = True
        rest = [action for ordered in self._sequencer.flush() for action in self._heard(ordered)]
        return [*rest, EndAudio()]

    def _open(self, message: Mapping[str, Any]) -> list[Action]:
        said = read_start(message, self._names)
        if self._token is not None and not _same(shown_token(said.parameters), self._token):
            return self.wrong(ErrorCode.UNAUTHENTICATED, "`token` is not the connector's secret")
        start = self._start(said)
        if isinstance(start, Refuse):
            return self.refuse(start)
        self.opened = True
        self._began_at = self._clock()
        self._encoding, self._sample_rate = Encoding(start.encoding), start.sample_rate
        origin, carried = Origin(), {leg.leg for leg in start.legs}
        for track in self._connector.legs:
            if (leg := self._connector.leg_name(track)) in carried and leg is not None:
                self._tracks[track] = _Track(leg, Timeline(origin, start.sample_rate))
        self._sequencer.take(sequence_of(message, self._names), message)
        return [OpenCall(start, resumable=False, supersede=self._connector.guarded, restart=True)]

    def _start(self, said: StreamStart) -> listen.Start | Refuse:
        """The native `start` that says the same."""
        if said.encoding is None:
            return Refuse(ErrorCode.UNSUPPORTED_ENCODING, "send mu-law, A-law or 16-bit linear audio", fatal=True)
        carried = [track for track in self._connector.legs if said.tracks is None or track in said.tracks]
        if not carried:
            return Refuse(ErrorCode.BAD_MESSAGE, "the stream has none of the tracks in the connector's `legs`", True)
        fields = {
            "queue": self._connector.queue,
            "language": self._connector.language,
            "direction": self._connector.direction,
            "external_id": said.call,
            **start_fields(said.parameters),
            "legs": [spec.model_dump() for spec in self._connector.leg_specs(carried)],
            "encoding": said.encoding,
            "sample_rate": said.sample_rate or 8000,
        }
        return parse_start(fields, self._limits)

    def _heard(self, ordered: Ordered[Mapping[str, Any]]) -> list[Action]:
        for track in self._tracks.values():
            track.lost += ordered.lost
        if ordered.message["event"] != "media":
            return []
        media = read_media(ordered.message)
        known = self._tracks.get(media.track)
        return [] if known is None else self._place(media, known)

    def _place(self, media: Media, track: _Track) -> list[Action]:
        """The audio of a message, and silence before it where some is missing."""
        raw, width = media.payload, bytes_per_sample(self._encoding)
        if raw is None:
            return self._complain(ErrorCode.BAD_MESSAGE, "media: the payload is not base64")
        if len(raw) % width:
            return self._complain(ErrorCode.ODD_AUDIO_LENGTH, "media: the payload ends in the middle of a sample")
        if not raw:
            return []
        elapsed = self._clock() - self._began_at + _AHEAD_SECONDS
        lost = track.lost if media.time_ms is not None else track.lost // len(self._tracks)
        silence = track.timeline.place(len(raw) // width, media.time_ms, lost, round(elapsed * self._sample_rate))
        track.lost = 0
        return [*self._silence(track.leg, silence), Audio({track.leg: self._little_endian(raw)}, self._encoding)]

    def _silence(self, leg: str, samples: int) -> list[Action]:
        """Silence in pieces that are filled whatever their length: the tracks of a call have to stay in step."""
        most = int(MOST_FILLED) * self._sample_rate
        pieces = [most] * (samples // most) + ([samples % most] if samples % most else [])
        return [Missing(leg, piece, self._encoding, "lost") for piece in pieces]

    def _little_endian(self, raw: bytes) -> bytes:
        if not self._big_endian or self._encoding is not Encoding.PCM16:
            return raw
        return np.frombuffer(raw, dtype=">i2").astype("<i2").tobytes()

    def _complain(self, code: ErrorCode, message: str) -> list[Action]:
        self._complaints += 1
        if self._complaints > _MAX_COMPLAINTS:
            return self.wrong(code, message)
        return [Refuse(code, message, fatal=False)]


def _same(shown: str, secret: str) -> bool:
    return hmac.compare_digest(shown.encode("utf-8", "replace"), secret.encode())
