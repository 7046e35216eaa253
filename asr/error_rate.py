"""Error rates of recognised text."""

import re
import unicodedata
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein


def cer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Character error rate of a whole set (0 is perfect; more than 1 is possible).

    Case, width, spaces and punctuation are ignored. Raises `ValueError` when the references have no characters
    or the two lists differ in length.
    """
    return _rate([_characters(text) for text in references], [_characters(text) for text in hypotheses])


def wer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Word error rate of a whole set; case and punctuation are ignored. Raises as `cer` does."""
    return _rate([_words(text) for text in references], [_words(text) for text in hypotheses])


def _rate(references: Sequence[Sequence[str]], hypotheses: Sequence[Sequence[str]]) -> float:
    total = sum(len(reference) for reference in references)
    if total == 0:
        raise ValueError("the reference texts are empty: there is nothing to compare with")
    pairs = zip(references, hypotheses, strict=True)
    return sum(Levenshtein.distance(reference, hypothesis) for reference, hypothesis in pairs) / total


def _characters(text: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return re.sub(r"[^\w']|_", " ", plain).split()
