"""Reading what senders send: JSON and field errors become refusals that never repeat the sender's content."""

import json
from typing import Any

from pydantic import ValidationError

from asr.audio import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, Encoding
from server.ingest.dialect import Limits, Refuse
from server.wire.base import WIRE_VERSION, ErrorCode
from server.wire.listen import LegSpec, Start

_OUR_FIELDS = frozenset(Start.model_fields) | frozenset(LegSpec.model_fields)


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in `text`; None if it is anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def parse_start(fields: dict[str, Any], limits: Limits) -> Start | Refuse:
    """A valid `start` message, or a fatal refusal that says what to change."""
    if fields.get("version", WIRE_VERSION) != WIRE_VERSION:
        # Checked first: another version may have other fields, and the version is what to tell its sender.
        message = f"this server speaks version {WIRE_VERSION} of the audio protocol"
        return Refuse(ErrorCode.UNSUPPORTED_VERSION, message, fatal=True)
    try:
        start = Start.model_validate(fields)
    except ValidationError as error:
        return Refuse(ErrorCode.BAD_MESSAGE, f"start: {describe(error)}", fatal=True)
    return _check(start, limits) or start


def describe(error: ValidationError) -> str:
    """The first field error, without the sender's values, keys or tags."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    if first["type"] == "extra_forbidden":
        return "unknown field"
    # Keys of `context` are the sender's own words.
    place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in _OUR_FIELDS)
    return f"{place}: {first['msg']}" if place else first["msg"]


def _check(start: Start, limits: Limits) -> Refuse | None:
    if start.encoding not in set(Encoding):
        message = f"unknown encoding: use one of {', '.join(Encoding)}"
        return Refuse(ErrorCode.UNSUPPORTED_ENCODING, message, fatal=True)
    if not MIN_SAMPLE_RATE <= start.sample_rate <= MAX_SAMPLE_RATE:
        message = f"unsupported sample rate: use {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
        return Refuse(ErrorCode.UNSUPPORTED_SAMPLE_RATE, message, fatal=True)
    if {leg.language or start.language for leg in start.legs} - limits.languages:
        message = f"no recogniser is loaded for a leg's language: use one of {', '.join(sorted(limits.languages))}"
        return Refuse(ErrorCode.UNSUPPORTED_LANGUAGE, message, fatal=True)
    if len({leg.leg for leg in start.legs}) < len(start.legs):
        return Refuse(ErrorCode.BAD_MESSAGE, "start: legs: two legs have the same name", fatal=True)
    return None
