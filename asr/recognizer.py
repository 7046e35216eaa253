"""What a speech recognizer is to the rest of the service."""

import re
from dataclasses import dataclass
from typing import Protocol

from asr.audio import Samples

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3000-\u303f\uff00-\uffef\U00020000-\U0003ffff"
_CJK_GAP = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")


class ModelError(RuntimeError):
    """A speech model that cannot be loaded; the message names the folder and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class RecognizedWord:
    """One word; `start` and `end` are seconds from the utterance's first sample, `confidence` is 0..1."""

    text: str
    start: float
    end: float
    confidence: float


class Recognizer(Protocol):
    """Hears one utterance at a time: `accept` any number of times, then `finish`, then the next utterance.

    Nothing of an utterance may influence a later one. Calls come from one thread at a time.
    """

    @property
    def worn(self) -> bool:
        """Whether it has heard so much that a new one, which takes less memory, should take its place."""

    def accept(self, samples_16k: Samples) -> None:
        """Hears the next samples (int16 mono, 16 kHz)."""

    def interim(self) -> str:
        """The words so far, which may still change."""
        ...

    def finish(self) -> tuple[str, tuple[RecognizedWord, ...]]:
        """Ends the utterance: its text ("" for none) and words. The recognizer is fresh afterwards."""
        ...


class RecognizerModel(Protocol):
    """Makes recognizers of one language."""

    def create(self) -> Recognizer:
        """A fresh recognizer."""
        ...


def join_words(text: str) -> str:
    """`text` without the spaces between Chinese words; spaces beside Latin words and digits stay."""
    return _CJK_GAP.sub("", text.strip())
