"""Finds audio that was heard before: announcements and music come again bit for bit, people never do.

A fingerprint is a number for each 40 ms: one bit per pair of neighbouring bands, telling which of the two has
gained on the other in 0.2 s. It survives mu-law, another level and another start. (After Haitsma and Kalker, "A
highly robust audio fingerprinting system", 2002.)
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from asr.sound import FRAME_SECONDS, SoundFrames

_SMOOTH = 10  # frames
_STEP = 2
SLOT_SECONDS = FRAME_SECONDS * _STEP
WINDOW = round(3.0 / SLOT_SECONDS)
"""Slots that must come again: 3 s."""
MEMORY = round(300.0 / SLOT_SECONDS)
"""Slots a leg remembers: 5 minutes, about 60 KB."""
_QUIET = 25.0  # dB below the loud frames
_FILLED = 0.4  # share of a window that must carry sound
_ERRORS = 0.25  # share of wrong bits: 0.02-0.1 for the same recording, 0.35 and more for the best of all others
_REPEATED = 0.6  # share of an utterance's windows


@dataclass(frozen=True, slots=True)
class Prints:
    """Fingerprints of successive slots; where `present` is false there was silence or nothing was listened to."""

    codes: NDArray[np.uint32]
    present: NDArray[np.bool_]

    @classmethod
    def empty(cls, count: int = 0) -> Self:
        """`count` slots of silence."""
        return cls(np.zeros(count, np.uint32), np.zeros(count, np.bool_))

    @classmethod
    def of(cls, frames: SoundFrames) -> Self:
        """The fingerprints of what was heard."""
        bands, levels = frames.bands(), frames.levels()
        if len(bands) <= 2 * _SMOOTH:
            return cls.empty()
        sums = np.cumsum(np.pad(bands, ((1, 0), (0, 0))), axis=0)
        contrast = np.diff(sums[_SMOOTH:] - sums[:-_SMOOTH], axis=1)
        gained = (contrast[_SMOOTH:] > contrast[:-_SMOOTH])[::_STEP]
        loud = (levels > np.percentile(levels, 95) - _QUIET)[_SMOOTH::_STEP][: len(gained)]
        return cls(gained @ (np.uint32(1) << np.arange(gained.shape[1], dtype=np.uint32)), loud)

    def __add__(self, other: "Prints") -> "Prints":
        return Prints(np.concatenate([self.codes, other.codes]), np.concatenate([self.present, other.present]))

    def __getitem__(self, part: slice) -> "Prints":
        return Prints(self.codes[part], self.present[part])

    def __len__(self) -> int:
        return len(self.codes)


class PrintMemory:
    """What one leg has heard, and the announcements that are known beforehand.

    Belongs to the leg, not to its decoder, which may be made anew. Legs share nothing but `known`, which never
    changes: the same recording played into two calls is no repetition.
    """

    def __init__(self, known: Prints | None = None) -> None:
        """`known`: fingerprints of announcements, at least `WINDOW` slots of silence between them."""
        self._known = known or Prints.empty()
        self._start(0)

    def repeats(self, seconds: float, prints: Prints) -> bool:
        """Remembers an utterance that began at `seconds` of the leg; whether most of it was heard before or is known.

        What was remembered for that time and later is forgotten: the leg is being decoded again.
        """
        start = self._remember(round(seconds / SLOT_SECONDS), prints)
        count = max(1, round(len(prints) / WINDOW))  # a shorter utterance is judged with what precedes it
        ends = [len(self._heard) - WINDOW * index for index in range(count)]
        found = [self._came_before(end, start) for end in ends if end >= WINDOW]
        return any(found) and sum(found) >= _REPEATED * len(found)

    def _start(self, slot: int) -> None:
        self._heard, self._first = Prints.empty(WINDOW), slot - WINDOW

    def _remember(self, slot: int, prints: Prints) -> int:
        """Returns where in the memory the utterance starts."""
        if slot < self._first + WINDOW or slot - self._first - len(self._heard) > MEMORY:
            self._start(slot)
        before = self._heard[: slot - self._first]
        silence = Prints.empty(slot - self._first - len(before))
        self._heard = (before + silence + prints)[-MEMORY:]
        self._first = slot + len(prints) - len(self._heard)
        return slot - self._first

    def _came_before(self, end: int, start: int) -> bool:
        begin = end - WINDOW
        window, own = self._heard[begin:end], np.arange(begin, end) >= start
        return _found(self._heard[:begin], window, own) or _found(self._known, window, own)


def _found(history: Prints, window: Prints, own: NDArray[np.bool_]) -> bool:
    """Whether the window, and by itself the part of it that is the utterance's own, lies somewhere in the history."""
    if len(history) < WINDOW:
        return False
    thin = slice(None, None, 2)
    view = np.lib.stride_tricks.sliding_window_view
    both = view(history.present, WINDOW)[:, thin] & window.present[thin]
    wrong = np.bitwise_count(view(history.codes, WINDOW)[:, thin] ^ window.codes[thin]) * both / 24
    filled = both.sum(axis=1)
    mine = own[thin]
    all_right = (filled >= _FILLED * len(mine)) & (wrong.sum(axis=1) <= _ERRORS * filled)
    own_right = wrong[:, mine].sum(axis=1) <= _ERRORS * both[:, mine].sum(axis=1)
    own_there = both[:, mine].sum(axis=1) >= _FILLED * window.present[thin][mine].sum()
    return bool((all_right & own_right & own_there).any())
