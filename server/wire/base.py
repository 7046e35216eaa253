"""What all messages share: the version, the base class, error codes."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

WIRE_VERSION = 1


def _storable(text: str) -> str:
    # JSON can say both; no database or UTF-8 encoder takes a lone surrogate, PostgreSQL takes no NUL.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("leave out NUL characters and lone surrogates")
    return text


STORABLE = AfterValidator(_storable)
"""Refuses text that cannot be stored and sent on."""
Text = Annotated[str, Field(max_length=4000), STORABLE]
Label = Annotated[str, Field(max_length=128), STORABLE]


def without_region(language: str) -> str:
    """`zh` for `zh-CN`, `zh_CN` and `ZH`: recognizers and texts are told apart by language alone."""
    return language.replace("_", "-").partition("-")[0].lower()


Language = Annotated[Label, AfterValidator(without_region)]
"""What is spoken or written, such as `zh`; a region is accepted and left out."""


class Message(BaseModel):
    """Base of every wire message: unknown fields are refused, instances do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


RETRY_SECONDS = 5.0
"""After how long a refused sender should ask again: by then a call may have ended, or a new one shown what it costs."""


class ErrorCode(StrEnum):
    """Stable words for what went wrong; the sentence beside them is for people and may change."""

    BAD_MESSAGE = "bad_message"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    UNSUPPORTED_SAMPLE_RATE = "unsupported_sample_rate"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    START_EXPECTED = "start_expected"
    AUDIO_EXPECTED = "audio_expected"
    ODD_AUDIO_LENGTH = "odd_audio_length"
    FRAME_TOO_LARGE = "frame_too_large"
    TOO_FAST = "too_fast"
    LEG_BUSY = "leg_busy"
    SUPERSEDED = "superseded"
    CONVERSATION_ENDED = "conversation_ended"
    IDLE = "idle"
    SLOW_READER = "slow_reader"
    OVERLOADED = "overloaded"
    SHUTTING_DOWN = "shutting_down"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    PASSWORD_CHANGE = "password_change"
    WEAK_PASSWORD = "weak_password"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    POLICY = "policy"
    STALE = "stale"
    INVALID = "invalid"
    STORAGE = "storage"
    INTERNAL = "internal"


class Problem(Message):
    """An error as told to a client."""

    code: ErrorCode
    message: str
