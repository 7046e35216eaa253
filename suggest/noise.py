"""What a recognizer might have written instead: characters of the same sound, for training that must bear it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from kb.text import syllables

WRONG = 0.12
"""Share of the characters that a recognizer gets wrong on telephone speech (docs/spikes.md)."""
COMMON = range(0xB0, 0xD8)
"""First bytes of the 3,755 commonest characters in GB 2312, level 1: a recognizer writes no rarer ones."""


def misheard(text: str, random: np.random.Generator, wrong: float = WRONG) -> str:
    """The text with about `wrong` of its Chinese characters replaced by others that sound alike.

    Sounds that telephone speech does not tell apart count as alike (`kb.text.syllables`). Other words stay.
    """
    chances = random.random(len(text))
    return "".join(_other(char, random) if chance < wrong else char for char, chance in zip(text, chances, strict=True))


def _other(char: str, random: np.random.Generator) -> str:
    by_sound, sounds = _homophones()
    alike = by_sound.get(sounds.get(char, ""), ())
    return str(alike[int(random.integers(len(alike)))]) if len(alike) > 1 else char


@lru_cache(maxsize=1)
def _homophones() -> tuple[Mapping[str, Sequence[str]], Mapping[str, str]]:
    """Common characters by sound, and the sound of each."""
    pairs = [bytes((first, second)) for first in COMMON for second in range(0xA1, 0xFF)]
    chars = "".join(pair.decode("gb2312", "ignore") for pair in pairs)
    sounds = {char: syllables(char)[0] for char in chars}
    by_sound: dict[str, list[str]] = {}
    for char, sound in sounds.items():
        by_sound.setdefault(sound, []).append(char)
    return by_sound, sounds
