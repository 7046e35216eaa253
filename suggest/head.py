"""The linear head on a frozen encoder: numbers only, no files and no training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
SIGNALS = ("top", "margin", "nearest", "agree")


@dataclass(frozen=True)
class Head:
    """Weights of a trained head.

    weight (labels, dim) and bias (labels,) give logits; dividing by `temperature` calibrates their softmax.
    `known_weight` (len(SIGNALS),) and `known_bias` turn `signals` into the log-odds that a text belongs to any
    of the labels. `samples` (n, dim) float16 and `sample_labels` (n,) are the training texts, for the nearest one.
    """

    weight: Floats
    bias: Floats
    temperature: float
    known_weight: Floats
    known_bias: float
    samples: NDArray[np.float16]
    sample_labels: NDArray[np.int64]

    def probabilities(self, vectors: Floats) -> Floats:
        """Calibrated probabilities, shape (n, labels), for vectors of shape (n, dim)."""
        return softmax((products(vectors, self.weight) + self.bias) / self.temperature)

    def known(self, probabilities: Floats, similarities: Floats) -> Floats:
        """Probability, shape (n,), that each text belongs to one of the labels at all."""
        found = signals(probabilities, similarities, self.sample_labels)
        return sigmoid(found @ self.known_weight + self.known_bias)


def signals(probabilities: Floats, similarities: Floats, sample_labels: NDArray[np.int64]) -> Floats:
    """What tells known from unknown texts, shape (n, len(SIGNALS)).

    Log-odds of the best label, its lead over the second, cosine of the nearest sample, and of the nearest
    sample of the best label.
    """
    best = probabilities.argmax(axis=1)
    top = np.clip(np.sort(probabilities, axis=1)[:, -2:], 1e-6, 1 - 1e-6)
    own = np.where(sample_labels[None, :] == best[:, None], similarities, -1.0).max(axis=1)
    odds = np.log(top[:, 1] / (1 - top[:, 1]))
    margin = np.log(top[:, 1] / top[:, 0])
    return np.stack([odds, margin, similarities.max(axis=1), own], axis=1).astype(np.float32)


def confidence(known: Floats, probabilities: Floats) -> Floats:
    """How sure the head is, 0..1: that a text is known at all, damped by doubt about which label it has.

    The root keeps doubt between two near labels from looking like an unknown text (docs/quality-notes.md).
    """
    return np.asarray(known * np.sqrt(probabilities.max(axis=1)), dtype=np.float32)


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
