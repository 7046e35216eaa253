"""The sending side of media streams, as Twilio and those who speak the same send them. Without I/O."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from time import time
from typing import Any

from server.replay.audio import CallAudio
from server.replay.client import OneWayClient
from server.replay.errors import BadOptionError
from server.replay.media_vendors import EXOTEL, PLIVO, SIGNALWIRE, TELNYX, TWILIO, Stream, Vendor
from server.replay.options import CallOptions, Sockets

__all__ = ["EXOTEL", "PLIVO", "SIGNALWIRE", "TELNYX", "TWILIO", "MediaClient", "Vendor"]
_G711_RATE = 8000


class MediaClient(OneWayClient):
    """One stream: the server closes when it has heard everything."""

    def __init__(self, vendor: Vendor, options: CallOptions, tracks: Mapping[str, str], sample_rate: int) -> None:
        """`tracks`: what each leg is called. Raises BadOptionError for what this vendor does not send."""
        _check(vendor, options, sample_rate)
        self.options = options
        self.url = options.url
        self._vendor = vendor
        self._tracks = tracks
        parameters = options.said_of_call()
        carried = list(tracks.values())
        self._stream = Stream(options.external_id, carried, options.encoding, sample_rate, parameters)
        self._numbered = 0
        self._chunks: dict[str, int] = {}
        self._base = 0.0

    @property
    def headers(self) -> Mapping[str, str]:
        """What the vendor shows of the secret."""
        return self._vendor.sign(self.url, self.options.secret) if self.options.secret else {}

    @property
    def hangs_up(self) -> bool:
        """A vendor that has no `stop` closes."""
        return not self._vendor.stops

    def opening(self, position: int) -> list[str]:
        """`connected` and `start`; times count from `position`."""
        self._numbered, self._chunks = 0, {}
        rate = self._stream.sample_rate
        self._base = (time() * 1000 if self._vendor.epoch else 0.0) - position * 1000 / rate
        start = self._message("start", self._vendor.start(self._stream))
        if self._vendor is PLIVO:
            start["extra_headers"] = ";".join(f"{name}={value}" for name, value in self._stream.parameters.items())
        greeting = [self._vendor.connected] if self._vendor.connected is not None else []
        return [json.dumps(message) for message in [*greeting, start]]

    def pieces(self, audio: CallAudio, start: int, end: int) -> list[str]:
        """Pieces of each track in turn."""
        step = max(1, round(self._vendor.seconds * audio.sample_rate))
        return [
            self._media(audio, leg, first, min(first + step, end))
            for first in range(start, end, step)
            for leg in audio.tracks
        ]

    def ending(self) -> Sequence[str]:
        """`stop`, where the vendor says so."""
        if not self._vendor.stops:
            return []
        return [json.dumps(self._message("stop", self._vendor.stop(self._stream)))]

    def _media(self, audio: CallAudio, leg: str, start: int, end: int) -> str:
        track = self._tracks[leg]
        self._chunks[track] = self._chunks.get(track, 0) + 1
        payload = b64encode(audio.only(leg).chunk(start, end, self.options.encoding)).decode()
        milliseconds = self._base + start * 1000 / audio.sample_rate
        return json.dumps(self._message("media", self._vendor.media(track, self._chunks[track], milliseconds, payload)))

    def _message(self, event: str, said: dict[str, Any]) -> dict[str, Any]:
        self._numbered += 1
        return {"event": event, **self._vendor.number(self._numbered), event: said, **self._vendor.stream_id}


def _check(vendor: Vendor, options: CallOptions, sample_rate: int) -> None:
    if options.encoding not in vendor.encodings:
        raise BadOptionError(f"this vendor sends {' or '.join(vendor.encodings)} only")
    if options.encoding != "pcm16" and sample_rate != _G711_RATE:
        raise BadOptionError(f"{options.encoding} has {_G711_RATE} Hz: convert the files, or choose pcm16")
    if options.sockets is Sockets.PER_LEG and not vendor.names_tracks:
        raise BadOptionError("this vendor's streams do not say which track they carry: play them over one socket")
