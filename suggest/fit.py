"""Fitting the head: cross-validation, calibration and the abstaining threshold."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suggest.figures import HeldOut
from suggest.head import SIGNALS, Floats, Head, sigmoid, signals, softmax

Labels = NDArray[np.int64]
FOLDS = 4
STRENGTHS = (3.0, 10.0, 30.0)
LOWEST = -30.0
"""Logit of a label that was not in the training part."""


@dataclass(frozen=True)
class Settings:
    """What cross-validation chose: regularisation, calibration and the weights of `head.signals`."""

    c: float
    temperature: float
    known_weight: Floats
    known_bias: float


@dataclass(frozen=True)
class Data:
    """Training texts as vectors (n, dim), their labels 0..labels-1, and their folds 0..FOLDS-1."""

    vectors: Floats
    targets: Labels
    labels: int
    folds: Labels

    def without(self, held: NDArray[np.bool_]) -> "Data":
        """The part that is not held out."""
        return replace(self, vectors=self.vectors[~held], targets=self.targets[~held], folds=self.folds[~held])


def prepare(vectors: Floats, targets: Labels, seed: int) -> Data:
    """Spread each label evenly over the folds."""
    folds = np.empty(len(targets), np.int64)
    following: dict[int, int] = {}
    for row in np.random.default_rng(seed).permutation(len(targets)):
        label = int(targets[row])
        folds[row] = following.get(label, label) % FOLDS
        following[label] = int(folds[row]) + 1
    return Data(vectors, targets, int(targets.max()) + 1, folds)


def fit_head(data: Data, settings: Settings) -> Head:
    """The final head, on all samples."""
    weight, bias = linear(data, settings.c)
    return Head(
        weight=weight,
        bias=bias,
        temperature=settings.temperature,
        known_weight=settings.known_weight,
        known_bias=settings.known_bias,
        samples=data.vectors.astype(np.float16),
        sample_labels=data.targets,
    )


def cross_validate(data: Data, oos: Floats, progress: Callable[[float], None]) -> tuple[Settings, HeldOut]:
    """Choose the settings on held-out folds, and what came out there. `oos` may have no rows."""
    tried = []
    for number, c in enumerate(STRENGTHS):
        tried.append((_held_out_logits(data, c), c))
        progress((number + 1) / (len(STRENGTHS) + 1))
    logits, c = max(tried, key=lambda item: (float((item[0].argmax(axis=1) == data.targets).mean()), -item[1]))
    settings = Settings(c, temperature_of(logits, data.targets), np.zeros(len(SIGNALS), np.float32), 0.0)
    probabilities = softmax(logits / settings.temperature)
    inside = _held_out_signals(data, probabilities)
    strange = _left_out_signals(data, settings)
    outside, oos_probabilities = _fresh_signals(data, oos, settings)
    settings = _weigh(settings, inside, [strange, outside])
    progress(1.0)
    return settings, HeldOut(
        probabilities,
        data.targets,
        _known(inside, settings),
        oos_probabilities.argmax(axis=1) if len(oos) else np.empty(0, np.int64),
        _known(outside, settings) if len(oos) else np.empty(0, np.float32),
    )


def linear(data: Data, c: float) -> tuple[Floats, Floats]:
    """Logistic regression: weight (labels, dim) and bias (labels,)."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model: Any = LogisticRegression(C=c, max_iter=300)
    with threadpool_limits(1):  # small products: more threads only wait for each other
        model.fit(data.vectors, data.targets)
    present = np.unique(data.targets)
    weight = np.zeros((data.labels, data.vectors.shape[1]), np.float32)
    bias = np.full(data.labels, LOWEST, np.float32)
    if len(present) == 2:
        weight[present] = np.stack([-model.coef_[0] / 2, model.coef_[0] / 2])
        bias[present] = [-model.intercept_[0] / 2, model.intercept_[0] / 2]
    else:
        weight[present], bias[present] = model.coef_, model.intercept_
    return weight, bias


def _held_out_logits(data: Data, c: float) -> Floats:
    logits = np.zeros((len(data.targets), data.labels), np.float32)
    for fold in range(FOLDS):
        held = data.folds == fold
        rest = data.without(held)
        if held.any() and len(np.unique(rest.targets)) > 1:
            weight, bias = linear(rest, c)
            logits[held] = data.vectors[held] @ weight.T + bias
    return logits


def _held_out_signals(data: Data, probabilities: Floats) -> Floats:
    """Signals of known texts, each against the other folds."""
    found = np.zeros((len(data.targets), len(SIGNALS)), np.float32)
    for fold in range(FOLDS):
        held = data.folds == fold
        rest = data.without(held)
        if held.any() and len(rest.targets):
            found[held] = signals(probabilities[held], data.vectors[held] @ rest.vectors.T, rest.targets)
    return found


def _left_out_signals(data: Data, settings: Settings) -> Floats:
    """Signals of unknown texts near the known ones: those of labels that a head was trained without."""
    found = [np.empty((0, len(SIGNALS)), np.float32)]
    for group in range(FOLDS):
        held = data.targets % FOLDS == group
        rest = data.without(held)
        if held.any() and len(np.unique(rest.targets)) > 1:
            found.append(_fresh_signals(rest, data.vectors[held], settings)[0])
    return np.concatenate(found)


def _fresh_signals(data: Data, vectors: Floats, settings: Settings) -> tuple[Floats, Floats]:
    """Signals and probabilities of texts that are not in `data`."""
    if not len(vectors):
        return np.empty((0, len(SIGNALS)), np.float32), np.empty((0, data.labels), np.float32)
    weight, bias = linear(data, settings.c)
    probabilities = softmax((vectors @ weight.T + bias) / settings.temperature)
    return signals(probabilities, vectors @ data.vectors.T, data.targets), probabilities


def _weigh(settings: Settings, inside: Floats, unknown: list[Floats]) -> Settings:
    """Weigh the signals; known texts and each kind of unknown ones count alike."""
    from sklearn.linear_model import LogisticRegression

    kinds = [part for part in unknown if len(part)]
    if not kinds:
        return replace(settings, known_bias=-LOWEST)
    rows = np.concatenate([inside, *kinds])
    shares = [np.full(len(inside), len(kinds) / len(inside)), *(np.full(len(part), 1 / len(part)) for part in kinds)]
    weights = np.concatenate(shares) * len(rows) / (2 * len(kinds))
    model: Any = LogisticRegression(C=1.0, max_iter=1000)
    model.fit(rows, np.arange(len(rows)) < len(inside), sample_weight=weights)
    return replace(settings, known_weight=model.coef_[0].astype(np.float32), known_bias=float(model.intercept_[0]))


def _known(found: Floats, settings: Settings) -> Floats:
    return sigmoid(found @ settings.known_weight + settings.known_bias)


def temperature_of(logits: Floats, targets: Labels) -> float:
    """The divisor, 0.05..20, under which held-out probabilities fit best."""
    rows = np.arange(len(targets))
    grid = np.geomspace(0.05, 20.0, 60)
    losses = [-np.log(softmax(logits / divisor)[rows, targets] + 1e-9).mean() for divisor in grid]
    return float(grid[int(np.argmin(losses))])
