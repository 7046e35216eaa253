"""The part of a leg's audio that may still be needed, addressed by absolute sample position."""

import numpy as np

from asr.audio import Samples


class SampleBuffer:
    """Samples from `start` to `end` (absolute positions at the leg's source rate)."""

    def __init__(self, start: int) -> None:
        """An empty buffer whose first sample will have the position `start`."""
        self.start = start
        self._chunks = np.empty(0, dtype=np.int16)
        self._length = 0

    @property
    def end(self) -> int:
        """Position after the last sample received."""
        return self.start + self._length

    def append(self, samples: Samples) -> None:
        """Adds samples at `end`."""
        needed = self._length + len(samples)
        if needed > len(self._chunks):
            grown = np.empty(max(needed, 2 * len(self._chunks)), dtype=np.int16)
            grown[: self._length] = self._chunks[: self._length]
            self._chunks = grown
        self._chunks[self._length : needed] = samples
        self._length = needed

    def read(self, start: int, end: int) -> Samples:
        """A copy of the samples from `start` to `end`; both must lie inside the buffer."""
        if not self.start <= start <= end <= self.end:
            raise IndexError(f"samples {start}..{end} are not in {self.start}..{self.end}")
        return self._chunks[start - self.start : end - self.start].copy()

    def drop_before(self, position: int) -> None:
        """Forgets samples before `position`, when that frees at least half of the buffer."""
        count = position - self.start
        if count * 2 < self._length or count <= 0:
            return
        self._chunks = self._chunks[count : self._length].copy()
        self._length -= count
        self.start = position
