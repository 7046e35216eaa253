"""The head of a model: what turns a text's vector and its n-grams into probabilities. No files and no training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suggest.grams import Counted, Grams

Floats = NDArray[np.float32]
SIGNALS = ("top", "nearest", "agree")
NEAR = SIGNALS.index("nearest")
NEAREST = 3
"""Samples that stand for the neighbourhood of a text."""


@dataclass(frozen=True)
class Head:
    """Weights of a trained head.

    weight (labels, width) and bias (labels,) give logits, to which `grams` adds its own: the product of several
    opinions, each weighed so that their softmax is calibrated. `width` is the dim of the encoder, or the sum of its dim
    and that of a tuned one, whose vectors follow its own. `known_weight` (len(SIGNALS),) and `known_bias` turn
    `signals` into the log-odds that a text belongs to any of the labels. `samples` (n, dim) float16 and `sample_labels`
    (n,) are the training texts as the encoder sees them, for the nearest one.
    """

    weight: Floats
    bias: Floats
    grams: Grams
    known_weight: Floats
    known_bias: float
    far: float
    """Mean cosine to the nearest samples, -1..1, below which a text has nothing to do with any label."""
    samples: NDArray[np.float16]
    sample_labels: NDArray[np.int64]

    def probabilities(self, vectors: Floats, texts: Counted) -> Floats:
        """Calibrated probabilities, shape (n, labels), for vectors of shape (n, width) and n-grams of n texts."""
        return softmax(products(vectors, self.weight) + self.bias + self.grams.logits(texts))

    def sure(self, found: Floats) -> Floats:
        """Probability, shape (n,), that each text belongs to one of the labels at all, from its `signals`."""
        return sigmoid(found @ self.known_weight + self.known_bias)


def signals(probabilities: Floats, similarities: Floats, sample_labels: NDArray[np.int64]) -> Floats:
    """What tells known from unknown texts, shape (n, len(SIGNALS)): log-odds of the best label, mean cosine of the
    nearest samples, and cosine of the nearest sample of the best label."""
    best = probabilities.argmax(axis=1)
    top = np.clip(probabilities.max(axis=1), 1e-6, 1 - 1e-6)
    own = np.where(sample_labels[None, :] == best[:, None], similarities, -1.0).max(axis=1)
    few = min(NEAREST, similarities.shape[1])
    near = np.partition(similarities, -few, axis=1)[:, -few:].mean(axis=1)
    return np.stack([np.log(top / (1 - top)), near, own], axis=1).astype(np.float32)


def products(vectors: Floats, rows: Floats) -> Floats:
    """Dot products, shape (n, rows), of a few vectors (n, dim) with many rows (rows, dim).

    On this thread: BLAS would share the work among threads that a busy machine makes it wait for.
    """
    return np.asarray(np.einsum("nd,rd->nr", vectors, rows), dtype=np.float32)


def softmax(logits: Floats) -> Floats:
    """Row-wise softmax."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def sigmoid(values: Floats) -> Floats:
    """Logistic function."""
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))), dtype=np.float32)
