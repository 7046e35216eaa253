"""Comparing texts by how they are said, syllable by syllable."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_FIRST = 0x4E00
_LETTERS = 20_000
_CONFUSED = {"l": "n", "f": "h"}
"""First sounds that recognizers and many speakers mix up, beyond those that `kb.text.syllables` writes alike."""


def letters(syllables: Sequence[str]) -> str:
    """One character per syllable, then a tab, then the same with confused sounds alike.

    Equal syllables have equal characters, so that a fast comparison of strings compares sounds.
    """
    return "".join(map(_letter, syllables)) + "\t" + "".join(_letter(_loose(syllable)) for syllable in syllables)


def echo(asked: str, others: Sequence[str]) -> NDArray[np.float32]:
    """Edit similarity 0..1 by sound of a text to others, all as `letters`. A confused sound costs half a wrong one."""
    from rapidfuzz import fuzz, process

    exact, _, loose = asked.partition("\t")
    parts = [other.partition("\t") for other in others]
    strict = process.cdist([exact], [first for first, _, _ in parts], scorer=fuzz.ratio)[0]
    lenient = process.cdist([loose], [last for _, _, last in parts], scorer=fuzz.ratio)[0]
    return np.asarray((strict + lenient) / 200, np.float32)


def _loose(syllable: str) -> str:
    return _CONFUSED.get(syllable[:1], syllable[:1]) + syllable[1:] if syllable.isalpha() else syllable


def _letter(syllable: str) -> str:
    return chr(_FIRST + crc32(syllable.encode()) % _LETTERS)
