"""The sending side of the L16 socket, as jambonz, FreeSWITCH and Vonage send it. Without I/O."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import time
from typing import Any

import jwt

from server.replay.audio import CallAudio
from server.replay.client import OneWayClient
from server.replay.errors import BadOptionError
from server.replay.options import CallOptions
from server.wire.events import Role

Fields = dict[str, Any]
FRAME_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class L16Stream:
    """One stream: its rate, what its channels carry (`mono`, `mixed`, `stereo`), and what else is said of the call."""

    sample_rate: int
    mix_type: str
    call: str
    said: Fields


@dataclass(frozen=True, slots=True)
class L16Vendor:
    """How one kind of sender describes its streams: in the first message, and in the URL."""

    message: Callable[[L16Stream], Fields | None]
    query: Callable[[L16Stream], Fields]
    sign: Callable[[str], Mapping[str, str]]
    subprotocols: tuple[str, ...] = ()
    stereo: bool = True
    token_in_url: bool = False


def basic(secret: str) -> dict[str, str]:
    """A header with the secret as password."""
    return {"Authorization": "Basic " + b64encode(f"tici:{secret}".encode()).decode()}


def _vonage_token(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {jwt.encode({'iat': int(time()), 'iss': 'Vonage'}, secret, 'HS256')}"}


JAMBONZ = L16Vendor(
    message=lambda stream: {
        "sampleRate": stream.sample_rate,
        "mixType": stream.mix_type,
        "callSid": stream.call,
        "callStatus": "in-progress",
        **stream.said,
    },
    query=lambda stream: {},
    sign=basic,
    subprotocols=("audio.jambonz.org",),
)
FREESWITCH = L16Vendor(
    message=lambda stream: {"external_id": stream.call, **stream.said},
    query=lambda stream: {"sample_rate": stream.sample_rate, "mix_type": stream.mix_type},
    sign=lambda secret: {},
    subprotocols=("audio.drachtio.org",),
    token_in_url=True,
)
VONAGE = L16Vendor(
    message=lambda stream: {
        "event": "websocket:connected",
        "content-type": f"audio/l16;rate={stream.sample_rate}",
        "external_id": stream.call,
        **stream.said,
    },
    query=lambda stream: {"mix_type": stream.mix_type},
    sign=_vonage_token,
    stereo=False,
)


class L16Client(OneWayClient):
    """One socket; `track` names its one channel where the call has another socket for the other leg."""

    hangs_up = True

    def __init__(
        self, vendor: L16Vendor, options: CallOptions, legs: Sequence[str], track: str | None, sample_rate: int
    ) -> None:
        """Raises BadOptionError for another encoding than pcm16."""
        if options.encoding != "pcm16":
            raise BadOptionError("an L16 socket carries pcm16 only")
        self.options = options
        self._vendor = vendor
        mono = "mixed" if list(legs) == [Role.MIXED] else "mono"
        self._stream = L16Stream(
            sample_rate, "stereo" if len(legs) > 1 else mono, options.external_id, options.said_of_call()
        )
        query = vendor.query(self._stream) | ({"track": track} if track is not None else {})
        if vendor.token_in_url and options.secret:
            query["token"] = options.secret
        self.url = options.url_with({name: str(value) for name, value in query.items()})

    @property
    def headers(self) -> Mapping[str, str]:
        """What the sender shows of the secret."""
        return self._vendor.sign(self.options.secret) if self.options.secret else {}

    @property
    def subprotocols(self) -> Sequence[str]:
        """What the vendor's module offers."""
        return self._vendor.subprotocols

    def opening(self, position: int) -> list[str]:
        """The description, where there is one."""
        described = self._vendor.message(self._stream)
        return [json.dumps(described)] if described is not None else []

    def pieces(self, audio: CallAudio, start: int, end: int) -> list[bytes]:
        """Frames of 20 ms."""
        return frames(audio, start, end, self.options.encoding)


def frames(audio: CallAudio, start: int, end: int, encoding: str) -> list[bytes]:
    """Samples `start` to `end` in frames of 20 ms, as a switch sends them."""
    step = max(1, round(FRAME_SECONDS * audio.sample_rate))
    return [audio.chunk(first, min(first + step, end), encoding) for first in range(start, end, step)]
