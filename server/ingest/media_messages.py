"""The messages of Twilio's Media Streams and of those who speak the same with other names: read into values.

The vendors differ in names (`callSid`, `call_control_id`, `callId`), in how they write numbers (text or number), in
what encodings they send, and in where an application's own parameters lie. Nothing here raises on what a sender says.
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from asr.audio import MAX_SAMPLE_RATE, Encoding

ENCODINGS: Mapping[str, Encoding] = {
    "x-mulaw": Encoding.MULAW,
    "mulaw": Encoding.MULAW,
    "pcmu": Encoding.MULAW,
    "x-alaw": Encoding.ALAW,
    "alaw": Encoding.ALAW,
    "pcma": Encoding.ALAW,
    "x-l16": Encoding.PCM16,
    "l16": Encoding.PCM16,
    "x-raw": Encoding.PCM16,
    "raw": Encoding.PCM16,
    "slin": Encoding.PCM16,
    "pcm": Encoding.PCM16,
}
"""What the vendors call our encodings, in lower case, without `audio/`."""
_MOST_DIGITS = 18
_WHOLE = re.compile(rf"\d{{1,{_MOST_DIGITS}}}(?:\.\d+)?", re.ASCII)
_PAIR = re.compile(r"[;,]")


@dataclass(frozen=True, slots=True)
class Names:
    """What one vendor calls things. Of several names the first that is there counts.

    `call`: the call's id, in `start`. `parameters`: what the application sends along, in `start` or beside it.
    `encodings`: further names of encodings.
    """

    call: tuple[str, ...]
    parameters: tuple[str, ...]
    sequence: tuple[str, ...] = ("sequenceNumber", "sequence_number")
    media_format: tuple[str, ...] = ("mediaFormat", "media_format")
    sample_rate: tuple[str, ...] = ("sampleRate", "sample_rate")
    encodings: Mapping[str, Encoding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StreamStart:
    """What `start` says. `tracks` is None where it names none; `encoding` where it is none that we can decode."""

    call: str | None
    tracks: frozenset[str] | None
    encoding: Encoding | None
    sample_rate: int | None
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """A piece of audio of one track; `time_ms` is its time in the sender's milliseconds. `payload` None: unreadable."""

    track: str
    time_ms: float | None
    payload: bytes | None


def sequence_of(message: Mapping[str, Any], names: Names) -> int | None:
    """The message's number; None where it has none."""
    return whole(_first(message, names.sequence))


def read_start(message: Mapping[str, Any], names: Names) -> StreamStart:
    """Read `start`."""
    start = _table(message.get("start"))
    media_format = _table(_first(start, names.media_format))
    encoding, rate = _encoding(_first(media_format, ("encoding",)), names)
    tracks = start.get("tracks")
    return StreamStart(
        call=_text(_first(start, names.call)),
        tracks=frozenset(map(track_name, tracks)) if isinstance(tracks, list) and tracks else None,
        encoding=encoding,
        sample_rate=whole(_first(media_format, names.sample_rate)) or rate,
        parameters=_parameters(_first(start, names.parameters) or _first(message, names.parameters)),
    )


def read_media(message: Mapping[str, Any]) -> Media:
    """Read `media`; a message that names no track is of `inbound`."""
    media = _table(message.get("media"))
    return Media(track_name(media.get("track")), _milliseconds(media.get("timestamp")), _payload(media.get("payload")))


def track_name(name: object) -> str:
    """`inbound` for `inbound_track`, and where nothing is said."""
    return str(name).removesuffix("_track") if isinstance(name, str) and name else "inbound"


def whole(value: object) -> int | None:
    """A whole number that is not negative, written as a number or as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10**_MOST_DIGITS else None
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _milliseconds(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if _WHOLE.fullmatch(value.strip()) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**_MOST_DIGITS:
        return None
    return float(value)


def _payload(value: object) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        return b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None


def _encoding(value: object, names: Names) -> tuple[Encoding | None, int | None]:
    """The encoding, and the rate where it is written there too (`audio/x-l16;rate=16000`, `L16@16000h`)."""
    if not isinstance(value, str):
        return None, None
    name, _, rest = value.strip().lower().replace("@", ";").partition(";")
    name = name.strip().removeprefix("audio/")
    rate = whole(rest.strip().removeprefix("rate=").removesuffix("h"))
    known = ENCODINGS.get(name) or names.encodings.get(name)
    return known, rate if rate is not None and rate <= MAX_SAMPLE_RATE else None


def _parameters(value: object) -> dict[str, str]:
    """An object of texts, or a header such as `a=1;b=2`."""
    if isinstance(value, str):
        value = _from_header(value)
    said = _table(value).items()
    return {name: text for name, given in said if (text := _text(given)) is not None}


def _from_header(header: str) -> object:
    try:
        return json.loads(header)
    except (ValueError, RecursionError):
        pairs = (pair.partition("=") for pair in _PAIR.split(header.strip().strip("{}")))
        return {name.strip(): unquote(value.strip()) for name, _, value in pairs if name.strip() and value.strip()}


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = value if isinstance(value, str) else str(value) if abs(value) < 10**_MOST_DIGITS else ""
    return text or None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(table: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((table[name] for name in names if table.get(name) is not None), None)
