"""A text's letters and sounds as evidence beside its meaning: one linear layer over hashed n-grams.

An encoder knows what words mean and forgets which they were; names of products, numbers of services and rare words
decide between intents that mean nearly the same. Sounds find what a recognizer wrote with other characters.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kb.text import ngrams, syllables

Floats = NDArray[np.float32]
BUCKETS = 1 << 16
MOST = 10_000
"""Texts that `fit_grams` looks at: 400 MB of kernel, and half a minute on two cores."""
_HAN = "\u3400-\u9fff"
_RUN = re.compile(f"[{_HAN}]+|[^\\s{_HAN}]+")
_OF_HAN = (1, 2, 3)
_OF_LETTERS = (3, 4, 5)


@dataclass(frozen=True)
class Counted:
    """Damped counts of n-grams of texts, row by row: cells `starts[n]` to before `starts[n + 1]` belong to text n.

    columns: below `BUCKETS`, ascending within a row; values: float32.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: Floats

    def __len__(self) -> int:
        """How many texts."""
        return len(self.starts) - 1

    def part(self, rows: NDArray[np.int64]) -> "Counted":
        """Some of the texts."""
        sizes = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        cells = np.arange(int(starts[-1])) + np.repeat(self.starts[rows] - starts[:-1], sizes)
        return Counted(starts, self.columns[cells], self.values[cells])


@dataclass(frozen=True)
class Grams:
    """The linear layer: rarity (BUCKETS,) weighs a text's n-grams, weight (BUCKETS, labels) float16 gives logits."""

    rarity: Floats
    weight: NDArray[np.float16]

    def logits(self, texts: Counted) -> Floats:
        """Logits, shape (texts, labels)."""
        found = np.empty((len(texts), self.weight.shape[1]), np.float32)
        for row, (begin, end) in enumerate(zip(texts.starts[:-1], texts.starts[1:], strict=True)):
            columns = texts.columns[begin:end]
            weighed = texts.values[begin:end] * self.rarity[columns]
            weighed /= max(float(np.linalg.norm(weighed)), 1e-9)
            found[row] = np.einsum("g,gl->l", weighed, self.weight[columns].astype(np.float32))
        return found

    def scaled(self, factor: float) -> "Grams":
        """The same with logits times `factor`."""
        return Grams(self.rarity, (self.weight.astype(np.float32) * factor).astype(np.float16))


def counted(forms: Sequence[str]) -> Counted:
    """The n-grams of texts in model form."""
    rows = [Counter(crc32(gram.encode()) % BUCKETS for gram in _grams(form)) for form in forms]
    columns = [sorted(row) for row in rows]
    counts = [row[column] for row, own in zip(rows, columns, strict=True) for column in own]
    return Counted(
        np.concatenate([[0], np.cumsum([len(own) for own in columns])]).astype(np.int64),
        np.array([column for own in columns for column in own], np.int32),
        (1 + np.log(np.array(counts, np.float32))).astype(np.float32),
    )


def fit_grams(texts: Counted, targets: NDArray[np.int64], labels: int, ridge: float) -> Grams:
    """Kernel ridge regression on TF-IDF rows of length 1, one target per label; exact, one factorisation for all.

    Costs the cube of the texts: at most `MOST` of them are looked at, evenly.
    """
    from scipy.linalg import cho_factor, cho_solve
    from scipy.sparse import csr_matrix

    if len(texts) > MOST:
        rows = evenly(targets, MOST)
        texts, targets = texts.part(rows), targets[rows]
    seen = np.bincount(texts.columns, minlength=BUCKETS)
    rarity = (np.log((1 + len(texts)) / (1 + seen)) + 1).astype(np.float32)
    values = texts.values * rarity[texts.columns]
    lengths = np.sqrt(np.add.reduceat(values**2, texts.starts[:-1])) if len(values) else np.ones(0)
    values = values / np.repeat(np.maximum(lengths, 1e-9), np.diff(texts.starts))
    table: Any = csr_matrix((values, texts.columns, texts.starts), shape=(len(texts), BUCKETS))
    kernel = (table @ table.T).toarray().astype(np.float32)
    kernel[np.diag_indices_from(kernel)] += ridge
    wanted = np.zeros((len(texts), labels), np.float32)
    wanted[np.arange(len(texts)), targets] = 1
    shares = cho_solve(cho_factor(kernel, overwrite_a=True), wanted)
    return Grams(rarity, np.asarray(table.T @ shares, np.float16))


def evenly(targets: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Row numbers of at most `most` texts, of each label in proportion."""
    if len(targets) <= most:
        return np.arange(len(targets))
    return np.sort(np.argsort(targets, kind="stable")[np.linspace(0, len(targets) - 1, most).astype(np.int64)])


def _grams(form: str) -> list[str]:
    found = []
    for run in _RUN.findall(form):
        han = "\u3400" <= run[0] <= "\u9fff"
        text, sizes = (run, _OF_HAN) if han else (f" {run} ", _OF_LETTERS)
        found += [text[start : start + size] for size in sizes for start in range(len(text) - size + 1)]
    return found + [f"~{gram}" for gram in ngrams(syllables(form))]
