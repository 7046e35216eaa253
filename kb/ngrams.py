"""TF-IDF over hashed n-grams of pinyin syllables: finds what sounds alike although it is written differently."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kb.growing import Growing
from kb.text import ngrams

BUCKETS = 1 << 18
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """Damped counts of a text's syllable n-grams: columns below `BUCKETS`, int32, and a value for each."""

    columns: NDArray[np.int32]
    values: Vectors


def sound_of(syllables: Sequence[str]) -> Sound:
    """The sound of a text that says these syllables."""
    counts = Counter(crc32(gram.encode()) % BUCKETS for gram in ngrams(syllables))
    columns = np.fromiter(sorted(counts), dtype=np.int32, count=len(counts))
    values = 1.0 + np.log(np.array([counts[int(c)] for c in columns], dtype=np.float32))
    return Sound(columns, values.astype(np.float32))


@dataclass(frozen=True)
class SoundView:
    """What one search sees of the sounds."""

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: Vectors
    seen: NDArray[np.int32]
    """In how many rows each n-gram is. Shared with the writer: a search may meet figures a moment newer."""

    def scores(self, asked: Sound, rows: NDArray[np.int64]) -> Vectors:
        """Cosine 0..1 between a sound and each of the rows."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        firsts = np.cumsum(sizes) - sizes
        cells = np.repeat(self.starts[rows] - firsts, sizes) + np.arange(int(sizes.sum()))
        columns = self.columns[cells]
        weighted = self.values[cells] * self._rarity(columns)
        wanted = asked.values * self._rarity(asked.columns)
        places = np.minimum(np.searchsorted(asked.columns, columns), max(len(asked.columns) - 1, 0))
        if not len(wanted) or not len(cells):
            return np.zeros(len(rows), np.float32)
        shared = np.where(asked.columns[places] == columns, wanted[places], 0) * weighted
        owner = np.repeat(np.arange(len(rows)), sizes)
        products = np.bincount(owner, shared, len(rows))
        lengths = np.sqrt(np.bincount(owner, weighted**2, len(rows)))
        return np.asarray(products / np.maximum(lengths * np.linalg.norm(wanted), 1e-9), np.float32)

    def rows(self, begin: int, end: int) -> list[Sound]:
        """The sounds of the rows from `begin` to before `end`."""
        cells = [slice(self.starts[row], self.starts[row + 1]) for row in range(begin, end)]
        return [Sound(self.columns[cell], self.values[cell]) for cell in cells]

    def _rarity(self, columns: NDArray[np.int32]) -> Vectors:
        return np.asarray(np.log(len(self.starts) / (1 + self.seen[columns])) + 1, np.float32)


class Sounds:
    """Sounds of phrasings, appended; one writer, any number of views."""

    def __init__(self) -> None:
        self._starts, self._columns, self._values = Growing(np.int64), Growing(np.int32), Growing(np.float32)
        self._starts.append(np.zeros(1, np.int64))
        self._seen = np.zeros(BUCKETS, np.int32)

    @property
    def view(self) -> SoundView:
        """What a search may use from now on."""
        return SoundView(self._starts.view, self._columns.view, self._values.view, self._seen)

    def append(self, sounds: Sequence[Sound]) -> None:
        """Add rows."""
        if not sounds:
            return
        columns = np.concatenate([sound.columns for sound in sounds])
        self._columns.append(columns)
        self._values.append(np.concatenate([sound.values for sound in sounds]))
        sizes = np.array([len(sound.columns) for sound in sounds], np.int64)
        self._starts.append(self._starts.view[-1] + np.cumsum(sizes))
        self._seen += np.bincount(columns, minlength=BUCKETS).astype(np.int32)
