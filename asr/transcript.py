"""What a recogniser heard."""

from dataclasses import dataclass, field
from typing import Literal

Sound = Literal["speech", "music", "prompt"]
"""What a stretch of audio is: someone talking, music or tones, or a recorded announcement."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; `start` and `end` are seconds from the leg's first sample, `confidence` is 0..1."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """A stretch of one leg's audio as words.

    Finals of one leg tile its audio: each `start_sample` equals the previous final's `end_sample`
    (samples at the leg's source rate). Silence longer than the segmenter's checkpoint makes a final with
    empty `text`. `start` and `end` are seconds from the leg's first sample: where speech was found,
    inside the tile. Interims have the tile's `start_sample` and the position heard so far as `end_sample`.
    `sound` is what the stretch as a whole is; in an interim, what is known so far ("speech" while in doubt).
    """

    leg: str
    text: str
    final: bool
    start_sample: int
    end_sample: int
    start: float
    end: float
    words: tuple[Word, ...] = field(default=())
    sound: Sound = "speech"
