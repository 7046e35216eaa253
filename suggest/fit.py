"""Fitting the head: cross-validation, calibration and the abstaining threshold."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from os import cpu_count
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from suggest.figures import HeldOut
from suggest.grams import Counted, Grams, evenly, fit_grams
from suggest.head import NEAR, SIGNALS, Floats, Head, sigmoid, signals, softmax

T = TypeVar("T")
R = TypeVar("R")
Labels = NDArray[np.int64]
FOLDS = 4
STRENGTHS = (3.0, 10.0, 30.0)
RIDGE = 0.3
"""Regularisation of the n-grams' layer: 1.0 is as good on English, worse on Chinese."""
USUAL_SHARE = 4.0
"""How large a share usually is: a few texts that fit any large one do not make it larger."""
MOST_CHECKED = 20_000
"""Texts that settings are chosen on; the head is fitted on all of them."""
MOST_KEPT = 10_000
"""Texts that a head keeps to know its neighbourhood by: they are all looked at for every text that comes."""
FAR = 0.02
"""Share of the texts of intents left out of training that may be taken for nothing to do with the business."""
LOWEST = -30.0
"""Logit of a label that was not in the training part."""


@dataclass(frozen=True)
class Texts:
    """Texts as they are fitted on: vectors (n, dim) and their n-grams."""

    vectors: Floats
    grams: Counted

    def __len__(self) -> int:
        """How many."""
        return len(self.grams)

    def part(self, rows: NDArray[np.int64]) -> "Texts":
        """Some of them."""
        return Texts(self.vectors[rows], self.grams.part(rows))


@dataclass(frozen=True)
class Settings:
    """What cross-validation chose: regularisation, what each opinion counts, and the weights of `head.signals`."""

    c: float
    shares: Floats
    known_weight: Floats
    known_bias: float
    far: float = -1.0
    """See `Head.far`."""


@dataclass(frozen=True)
class Data:
    """Training texts, their labels 0..labels-1, and their folds 0..FOLDS-1."""

    texts: Texts
    targets: Labels
    labels: int
    folds: Labels

    @property
    def vectors(self) -> Floats:
        """Of the texts, shape (n, dim)."""
        return self.texts.vectors

    def part(self, rows: NDArray[np.int64]) -> "Data":
        """Some of the rows."""
        return replace(self, texts=self.texts.part(rows), targets=self.targets[rows], folds=self.folds[rows])

    def without(self, held: NDArray[np.bool_]) -> "Data":
        """The part that is not held out."""
        return self.part(np.flatnonzero(~held))


@dataclass(frozen=True)
class Opinions:
    """What says which label: a linear layer (labels, dim) on the frozen encoder, and one on n-grams."""

    weight: Floats
    bias: Floats
    grams: Grams

    def logits(self, texts: Texts) -> list[Floats]:
        """Of each of the two, shape (n, labels)."""
        return [np.asarray(texts.vectors @ self.weight.T + self.bias, np.float32), self.grams.logits(texts.grams)]


def prepare(texts: Texts, targets: Labels, seed: int) -> Data:
    """Spread each label evenly over the folds."""
    folds = np.empty(len(targets), np.int64)
    following: dict[int, int] = {}
    for row in np.random.default_rng(seed).permutation(len(targets)):
        label = int(targets[row])
        folds[row] = following.get(label, label) % FOLDS
        following[label] = int(folds[row]) + 1
    return Data(texts, targets, int(targets.max()) + 1, folds)


def fit_opinions(data: Data, c: float) -> Opinions:
    """Both layers, each on all of the data."""
    return Opinions(*linear(data, c), fit_grams(data.texts.grams, data.targets, data.labels, RIDGE))


def make_head(data: Data, settings: Settings, found: Opinions, tuned: tuple[Floats, Floats] | None = None) -> Head:
    """The head in which each opinion counts its share. `tuned`: weight and bias of a tuned encoder's own layer, whose
    share is the last."""
    shares = settings.shares
    weight, bias = shares[0] * found.weight, shares[0] * found.bias
    if tuned is not None:
        weight = np.concatenate([weight, shares[2] * tuned[0]], axis=1)
        bias = bias + shares[2] * tuned[1]
    kept = evenly(data.targets, MOST_KEPT)
    return Head(
        weight=np.asarray(weight, np.float32),
        bias=np.asarray(bias, np.float32),
        grams=found.grams.scaled(float(shares[1])),
        known_weight=settings.known_weight,
        known_bias=settings.known_bias,
        far=settings.far,
        samples=data.vectors[kept].astype(np.float16),
        sample_labels=data.targets[kept],
    )


def cross_validate(data: Data, oos: Texts, progress: Callable[[float], None]) -> tuple[Settings, Opinions, HeldOut]:
    """Choose the settings on held-out folds, fit all data under them, and say what came out. `oos` may be empty."""
    everything, data = data, data.part(evenly(data.targets, MOST_CHECKED))
    c = _strength(data, lambda share: progress(0.3 * share))
    opinions = _held_out_logits(data, c, lambda share: progress(0.3 + 0.3 * share))
    shares = pool(opinions, data.targets)
    settings = Settings(c, shares, np.zeros(len(SIGNALS), np.float32), 0.0)
    probabilities = pooled(opinions, shares)
    inside = _held_out_signals(data, probabilities)
    strange = _left_out_signals(data, settings, lambda share: progress(0.6 + 0.3 * share))
    whole = fit_opinions(everything, c)
    outside, oos_probabilities = _fresh_signals(data, whole, oos, settings)
    settings = _weigh(settings, inside, [strange, outside])
    settings = replace(settings, far=_far(np.concatenate([inside, strange])))
    progress(1.0)
    return (
        settings,
        whole,
        HeldOut(
            probabilities,
            data.targets,
            _known(inside, settings),
            oos_probabilities.argmax(axis=1) if len(oos) else np.empty(0, np.int64),
            _known(outside, settings) if len(oos) else np.empty(0, np.float32),
        ),
    )


def linear(data: Data, c: float) -> tuple[Floats, Floats]:
    """Logistic regression: weight (labels, dim) and bias (labels,)."""
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=c, max_iter=300)
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


def pool(opinions: Sequence[Floats], targets: Labels) -> Floats:
    """What each opinion's logits count, 0 or more, so that the softmax of their sum fits held-out labels best.

    Logarithmic opinion pooling (Heskes 1998); its loss is convex in the shares, so there is one best choice.
    """
    from scipy.optimize import minimize

    found, rows = np.stack(opinions), np.arange(len(targets))

    def loss(shares: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        chances = pooled(opinions, np.asarray(shares, np.float32))
        right = found[:, rows, targets].mean(axis=1)
        slope = np.einsum("nl,onl->o", chances, found) / len(rows) - right
        pull = shares / USUAL_SHARE**2 / len(rows)
        surprise = -float(np.log(chances[rows, targets] + 1e-9).mean())
        return surprise + float(shares @ pull) / 2, slope + pull

    start = np.ones(len(opinions))
    bounds = [(0.0, None)] * len(opinions)
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x, np.float32)


def pooled(opinions: Sequence[Floats], shares: Floats) -> Floats:
    """Probabilities, shape (n, labels), of several opinions together."""
    return softmax(np.tensordot(shares, np.stack(opinions), axes=1))


def _side_by_side(work: Callable[[T], R], items: Sequence[T], progress: Callable[[float], None]) -> list[R]:
    """The results of `work` in order. Fits are too small to share among threads, so each has one of its own."""
    from threadpoolctl import threadpool_limits

    found = []
    with threadpool_limits(1), ThreadPoolExecutor(cpu_count() or 1) as threads:
        for number, result in enumerate(threads.map(work, items), start=1):
            found.append(result)
            progress(number / len(items))
    return found


def _strength(data: Data, progress: Callable[[float], None]) -> float:
    """The regularisation that is best on one fold; the weaker one where two are alike."""
    held = data.folds == 0
    rest, fold = data.without(held), data.part(np.flatnonzero(held))
    if not held.any() or len(np.unique(rest.targets)) < 2:
        return STRENGTHS[0]

    def right(c: float) -> tuple[float, float]:
        weight, bias = linear(rest, c)
        return float(((fold.vectors @ weight.T + bias).argmax(axis=1) == fold.targets).mean()), -c

    return -max(_side_by_side(right, STRENGTHS, progress))[1]


def _held_out_logits(data: Data, c: float, progress: Callable[[float], None]) -> list[Floats]:
    found = [np.zeros((len(data.targets), data.labels), np.float32) for _ in range(2)]

    def fit_without(fold: int) -> None:
        held, rest = np.flatnonzero(data.folds == fold), data.without(data.folds == fold)
        if len(held) and len(np.unique(rest.targets)) > 1:
            for opinion, logits in zip(found, fit_opinions(rest, c).logits(data.texts.part(held)), strict=True):
                opinion[held] = logits

    _side_by_side(fit_without, range(FOLDS), progress)
    return found


def _held_out_signals(data: Data, probabilities: Floats) -> Floats:
    """Signals of known texts, each against the other folds."""
    found = np.zeros((len(data.targets), len(SIGNALS)), np.float32)
    for fold in range(FOLDS):
        held = data.folds == fold
        rest = data.without(held)
        if held.any() and len(rest.targets):
            found[held] = signals(probabilities[held], data.vectors[held] @ rest.vectors.T, rest.targets)
    return found


def _left_out_signals(data: Data, settings: Settings, progress: Callable[[float], None]) -> Floats:
    """Signals of unknown texts near the known ones: those of labels that a head was trained without."""

    def without(group: int) -> Floats:
        held = data.targets % FOLDS == group
        rest = data.without(held)
        if not held.any() or len(np.unique(rest.targets)) < 2:
            return np.empty((0, len(SIGNALS)), np.float32)
        strange = data.texts.part(np.flatnonzero(held))
        return _fresh_signals(rest, fit_opinions(rest, settings.c), strange, settings)[0]

    return np.concatenate(_side_by_side(without, range(FOLDS), progress))


def _fresh_signals(data: Data, fitted: Opinions, texts: Texts, settings: Settings) -> tuple[Floats, Floats]:
    """Signals and probabilities of texts that are not in `data`, on which `fitted` was fitted."""
    if not len(texts):
        return np.empty((0, len(SIGNALS)), np.float32), np.empty((0, data.labels), np.float32)
    probabilities = pooled(fitted.logits(texts), settings.shares)
    return signals(probabilities, texts.vectors @ data.vectors.T, data.targets), probabilities


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


def _far(found: Floats) -> float:
    """The likeness to the nearest samples that all but a few texts of the business reach."""
    return float(np.quantile(found[:, NEAR], FAR))


def _known(found: Floats, settings: Settings) -> Floats:
    return sigmoid(found @ settings.known_weight + settings.known_bias)
