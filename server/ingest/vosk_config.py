"""A Vosk client's settings; they live and die with its connection."""

from dataclasses import dataclass, replace
from typing import Any

from asr.audio import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE
from server.ingest.dialect import Refuse
from server.wire.base import ErrorCode


@dataclass(frozen=True, slots=True)
class VoskConfig:
    """`words`: results carry word times. `max_alternatives` above 0: results come in the n-best shape.

    A `phrase_list` is accepted and has no effect: recognisers are shared between calls, warm.
    """

    sample_rate: int = 8000
    words: bool = True
    max_alternatives: int = 0

    def updated(self, config: object) -> "VoskConfig | Refuse":
        """These settings with those of a `config` message; unknown ones are ignored, as vosk-server does."""
        if not isinstance(config, dict):
            return Refuse(ErrorCode.BAD_MESSAGE, "config: a JSON object is due", fatal=True)
        rate = _whole_number(config.get("sample_rate", self.sample_rate))
        if rate is None or not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:
            message = f"config: sample_rate: use {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
            return Refuse(ErrorCode.UNSUPPORTED_SAMPLE_RATE, message, fatal=True)
        alternatives = _whole_number(config.get("max_alternatives", self.max_alternatives))
        if alternatives is None:
            return Refuse(ErrorCode.BAD_MESSAGE, "config: max_alternatives: a whole number is due", fatal=True)
        return replace(
            self, sample_rate=rate, words=bool(config.get("words", self.words)), max_alternatives=alternatives
        )


def _whole_number(value: Any) -> int | None:
    # Clients send 8000, 8000.0 and "8000"; vosk-server takes them all.
    try:
        number = float(value)
        return int(number) if number.is_integer() else None
    except (TypeError, ValueError, OverflowError):
        return None
