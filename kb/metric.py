"""What counts as near among the articles of one index: learned from their own phrasings, without labels."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
FEW_ARTICLES = 20
"""With as many articles half of their common direction is taken away, with more nearly all."""
FEW_PHRASINGS = 200
SHRINK = 10.0
"""How little the spread of phrasings within articles bends the space (tests/bench/fusion.py)."""
SAMPLED = 20_000
"""Rows that are looked at, at most."""


@dataclass(frozen=True)
class Metric:
    """A shift and a stretch of the encoder's space, after which cosines tell articles apart better.

    Encoders put all texts of one business into a narrow cone: their mean says nothing and is taken away. The
    directions in which phrasings of one article differ say little: they are made shorter.
    """

    mean: Vectors
    """Shape (dim,)."""
    stretch: Vectors
    """Symmetric, shape (dim, dim)."""

    def __call__(self, vectors: NDArray[Any]) -> Vectors:
        """Rows of length 1 in the new space, shape as given, (n, dim)."""
        moved = (np.asarray(vectors, np.float32) - self.mean) @ self.stretch
        return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), np.float32)

    def one(self, vector: Vectors) -> Vectors:
        """The same of one vector, shape (dim,)."""
        moved = products(self.stretch, vector - self.mean)
        return np.asarray(moved / max(float(np.linalg.norm(moved)), 1e-9), np.float32)


def products(rows: Vectors, vector: Vectors) -> Vectors:
    """Each row's product with a vector, on this thread.

    BLAS would share the work among threads, which a busy machine makes it wait for.
    """
    return np.asarray(np.einsum("rd,d->r", rows, vector), np.float32)


def fit_metric(vectors: NDArray[Any], starts: NDArray[np.int64]) -> Metric:
    """The metric of an index. vectors: phrasings, shape (rows, dim); starts: first row of each article, and the end."""
    articles = len(starts) - 1
    step = max(1, articles // (SAMPLED * articles // max(len(vectors), 1) or 1))
    chosen = np.arange(0, articles, step)
    rows = np.concatenate([np.arange(starts[n], starts[n + 1]) for n in chosen])
    sizes = (starts[chosen + 1] - starts[chosen]).astype(np.int64)
    sample = np.asarray(vectors[rows], np.float32)
    mean = sample.mean(axis=0) * (articles / (articles + FEW_ARTICLES))
    ends = np.concatenate([[0], np.cumsum(sizes)])[:-1]
    centres = np.add.reduceat(sample, ends, axis=0) / sizes[:, None]
    apart = (sample - np.repeat(centres, sizes, axis=0))[np.repeat(sizes > 1, sizes)]
    return Metric(np.asarray(mean, np.float32), _stretch(apart, sample.shape[1]))


def _stretch(apart: Vectors, dim: int) -> Vectors:
    spread = np.einsum("ij,ij->", apart, apart)
    if spread <= 1e-9:
        return np.eye(dim, dtype=np.float32)
    values, axes = np.linalg.eigh(apart.T @ apart / len(apart))
    share = np.maximum(values, 0) / values.mean()
    scale = (1 + share / (SHRINK * (1 + FEW_PHRASINGS / len(apart)))) ** -0.5
    return np.asarray((axes * scale) @ axes.T, np.float32)
