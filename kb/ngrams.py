"""TF-IDF over hashed n-grams of pinyin syllables: finds what sounds alike although it is written differently."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kb.text import ngrams, syllables

BUCKETS = 1 << 18


def sound_counts(text: str) -> Any:
    """A sparse row, shape (1, BUCKETS), of damped syllable n-gram counts of a normalised text."""
    from scipy.sparse import csr_matrix

    counts = Counter(crc32(gram.encode()) % BUCKETS for gram in ngrams(syllables(text)))
    columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
    values = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
    order = np.argsort(columns)
    return csr_matrix((values[order], columns[order], [0, len(counts)]), shape=(1, BUCKETS), dtype=np.float32)


class SoundIndex:
    """Rows of phrasings, weighted by how rare their n-grams are. Never changes; build a new one."""

    def __init__(self, rows: Sequence[Any]) -> None:
        """`rows` come from `sound_counts`."""
        from scipy.sparse import vstack

        self.size = len(rows)
        if not rows:
            return
        matrix = vstack(rows, format="csr")
        seen = np.bincount(matrix.indices, minlength=BUCKETS)
        self._idf = (np.log((1 + self.size) / (1 + seen)) + 1).astype(np.float32)
        matrix.data = matrix.data * self._idf[matrix.indices]
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data = matrix.data / np.repeat(np.maximum(length, 1e-9), np.diff(matrix.indptr)).astype(np.float32)
        self._matrix = matrix

    def scores(self, text: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine 0..1 between a normalised text and each of the rows."""
        query = sound_counts(text)
        dense = np.zeros(BUCKETS, dtype=np.float32)
        weights = query.data * self._idf[query.indices]
        dense[query.indices] = weights / max(float(np.linalg.norm(weights)), 1e-9)
        return np.asarray(self._matrix[rows] @ dense, dtype=np.float32)
