"""What is masked, and what a masked text looks like."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

MASK_VERSION = 2
"""Raised whenever a rule changes, so that stored text tells which rules it went through."""

Language = Literal["zh", "en"]


class Kind(StrEnum):
    """A sort of secret."""

    ID_NUMBER = "id_number"
    BANK_CARD = "bank_card"
    PHONE = "phone"
    CODE = "code"
    PASSWORD = "password"
    CVV = "cvv"


SECRET = frozenset({Kind.CODE, Kind.PASSWORD, Kind.CVV})
"""Kinds of which nothing is ever kept and that are only known by context."""


class TimedWord(Protocol):
    """A recognised word; `start` and `end` in seconds from the leg's first sample."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> float: ...  # noqa: D102
    @property
    def end(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Span:
    """One masked stretch.

    `start`/`end` are characters in the masked text, `source_start`/`source_end` characters in the text that came
    in. `kept` is empty or the last four digits. `audio` is (start, end) in seconds, None without word times.
    """

    kind: Kind
    start: int
    end: int
    source_start: int
    source_end: int
    kept: str = ""
    audio: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its secrets, and where they were, in order."""

    text: str
    spans: tuple[Span, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Found:
    """A secret in a text: characters `start` to `end`, and its digits as far as they were understood."""

    start: int
    end: int
    kind: Kind
    digits: str = field(default="", repr=False)
    kept: str = ""
