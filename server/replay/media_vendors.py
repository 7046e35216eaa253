"""What Twilio and those who speak the same call things, as they send them."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from server.ingest.signed_urls import plivo_signature, twilio_signature

Fields = dict[str, Any]
_ENCODINGS = {"mulaw": "audio/x-mulaw", "alaw": "audio/x-alaw", "pcm16": "audio/x-l16"}
_RTP_ENCODINGS = {"mulaw": "PCMU", "alaw": "PCMA", "pcm16": "L16"}


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: the call's id, the tracks that it carries, its format, and what is sent along."""

    call: str
    tracks: list[str]
    encoding: str
    sample_rate: int
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one vendor sends a stream.

    `seconds`: length of a piece of audio. `encodings` that it sends. `stops`: it says `stop`, instead of just closing.
    `epoch`: its times are of its clock, in milliseconds. `names_tracks`: its `start` says which tracks come.
    """

    connected: Fields | None
    start: Callable[[Stream], Fields]
    number: Callable[[int], Fields]
    media: Callable[[str, int, float, str], Fields]
    stop: Callable[[Stream], Fields]
    sign: Callable[[str, str], dict[str, str]]
    stream_id: Fields
    seconds: float = 0.02
    encodings: tuple[str, ...] = ("mulaw",)
    stops: bool = True
    epoch: bool = False
    names_tracks: bool = True


def _twilio_start(stream: Stream) -> Fields:
    return {
        "accountSid": "AC" + "0" * 32,
        "streamSid": "MZ" + "0" * 32,
        "callSid": stream.call,
        "tracks": stream.tracks,
        "mediaFormat": {
            "encoding": _ENCODINGS[stream.encoding],
            "sampleRate": stream.sample_rate,
            "channels": 1,
        },
        "customParameters": dict(stream.parameters),
    }


def _twilio_media(track: str, chunk: int, milliseconds: float, payload: str) -> Fields:
    return {"track": track, "chunk": str(chunk), "timestamp": str(round(milliseconds)), "payload": payload}


def _camel_number(number: int) -> Fields:
    return {"sequenceNumber": str(number)}


def _snake_number(number: int) -> Fields:
    return {"sequence_number": str(number)}


def _bearer(url: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


TWILIO = Vendor(
    connected={"event": "connected", "protocol": "Call", "version": "1.0.0"},
    start=_twilio_start,
    number=_camel_number,
    media=_twilio_media,
    stop=lambda stream: {"accountSid": "AC" + "0" * 32, "callSid": stream.call},
    sign=lambda url, secret: {"X-Twilio-Signature": twilio_signature(url, secret)},
    stream_id={"streamSid": "MZ" + "0" * 32},
)

SIGNALWIRE = Vendor(
    connected={"event": "connected", "protocol": "Call", "version": "0.2.0"},
    start=_twilio_start,
    number=_camel_number,
    media=_twilio_media,
    stop=lambda stream: {"accountSid": "AC" + "0" * 32, "callSid": stream.call},
    sign=_bearer,
    stream_id={"streamSid": "MZ" + "0" * 32},
    encodings=("mulaw", "pcm16"),
)

TELNYX = Vendor(
    connected={"event": "connected", "version": "1.0.0"},
    start=lambda stream: {
        "user_id": "00000000-0000-0000-0000-000000000000",
        "call_control_id": f"v3:{stream.call}"[:128],
        "call_session_id": stream.call,
        "custom_parameters": dict(stream.parameters),
        "media_format": {
            "encoding": _RTP_ENCODINGS[stream.encoding],
            "sample_rate": stream.sample_rate,
            "channels": 1,
        },
    },
    number=_snake_number,
    media=_twilio_media,
    stop=lambda stream: {"call_control_id": f"v3:{stream.call}"[:128]},
    sign=_bearer,
    stream_id={"stream_id": "00000000-0000-0000-0000-000000000000"},
    encodings=("mulaw", "alaw", "pcm16"),
    names_tracks=False,
)


def _plivo_sign(url: str, secret: str) -> dict[str, str]:
    nonce = token_hex(16)
    return {"X-Plivo-Signature-V3": plivo_signature(url, nonce, secret), "X-Plivo-Signature-V3-Nonce": nonce}


PLIVO = Vendor(
    connected=None,
    start=lambda stream: {
        "callId": stream.call,
        "streamId": "00000000-0000-0000-0000-000000000000",
        "accountId": "0",
        "tracks": stream.tracks,
        "mediaFormat": {"encoding": _ENCODINGS[stream.encoding], "sampleRate": stream.sample_rate},
    },
    number=lambda number: {"sequenceNumber": number - 1},
    media=lambda track, chunk, milliseconds, payload: {
        "track": track,
        "timestamp": str(round(milliseconds)),
        "chunk": chunk,
        "payload": payload,
    },
    stop=lambda stream: {},
    sign=_plivo_sign,
    stream_id={"streamId": "00000000-0000-0000-0000-000000000000"},
    encodings=("mulaw", "pcm16"),
    stops=False,
    epoch=True,
)

EXOTEL = Vendor(
    connected={"event": "connected"},
    start=lambda stream: {
        "stream_sid": "0" * 32,
        "call_sid": stream.call,
        "account_sid": "tici",
        "from": "",
        "to": "",
        "custom_parameters": dict(stream.parameters),
        "media_format": {"encoding": "audio/x-raw", "sample_rate": str(stream.sample_rate), "bit_rate": "16"},
    },
    number=_snake_number,
    media=_twilio_media,
    stop=lambda stream: {"call_sid": stream.call, "account_sid": "tici", "reason": "callended"},
    sign=lambda url, secret: {"Authorization": "Basic " + b64encode(f"tici:{secret}".encode()).decode()},
    stream_id={"stream_sid": "0" * 32},
    seconds=0.1,
    encodings=("pcm16",),
    names_tracks=False,
)
