"""Figures of labelled predictions."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 15


@dataclass(frozen=True)
class Said:
    """What a method made of some texts. sure: how likely each is known at all, any scale. best: probability 0..1 of
    the label; accepted: whether it would be acted on; None where the method has no such thing."""

    labels: tuple[str, ...]
    sure: Floats
    best: Floats | None = None
    accepted: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Figures:
    """Shares 0..1; None where it was not measured. `auroc` is known against unknown texts."""

    accuracy: float
    macro_f1: float
    auroc: float | None = None
    accept: float | None = None
    false_accept: float | None = None
    ece: float | None = None


def figures(truth: Sequence[str], known: Said, unknown: Said | None = None) -> Figures:
    """The figures of texts with true labels and of unknown texts."""
    from sklearn.metrics import f1_score

    right = np.array([a == b for a, b in zip(truth, known.labels, strict=True)])
    f1 = f1_score(truth, known.labels, labels=sorted(set(truth)), average="macro", zero_division=0)
    return Figures(
        accuracy=float(right.mean()),
        macro_f1=float(f1),
        auroc=auroc(known.sure, unknown.sure) if unknown is not None else None,
        accept=float(known.accepted.mean()) if known.accepted is not None else None,
        false_accept=float(unknown.accepted.mean()) if unknown is not None and unknown.accepted is not None else None,
        ece=expected_calibration_error(known.best, right) if known.best is not None else None,
    )


def auroc(known: Floats, unknown: Floats) -> float:
    """Chance that a known text scores above an unknown one, ties counting half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(np.repeat([1, 0], [len(known), len(unknown)]), np.r_[known, unknown]))


def expected_calibration_error(best: Floats, right: NDArray[np.bool_]) -> float:
    """Mean gap between the best probability and how often it is right, over `BINS` bins of equal width (Guo et al.)."""
    places = np.minimum((best * BINS).astype(int), BINS - 1)
    gaps = [abs(best[places == b].mean() - right[places == b].mean()) * (places == b).mean() for b in np.unique(places)]
    return float(sum(gaps))


def folds(labels: Sequence[str], count: int, seed: int) -> list[NDArray[np.int64]]:
    """The rows held out in each fold: every row once, each label spread evenly."""
    from sklearn.model_selection import StratifiedKFold

    split = StratifiedKFold(count, shuffle=True, random_state=seed).split(np.zeros(len(labels)), labels)
    return [held for _, held in split]


def ranks(scores: Floats, right: Sequence[int]) -> NDArray[np.int64]:
    """Place, from 1, of each row's right column. A tie counts against it: a score that others share finds nothing."""
    own = scores[np.arange(len(right)), right]
    return np.asarray((scores >= own[:, None]).sum(axis=1))


def recall(places: Sequence[int] | NDArray[np.int64], most: int) -> float:
    """Share of places from 1 to `most`; 0 stands for not found."""
    found = np.asarray(places)
    return float(((found > 0) & (found <= most)).mean())


def difference(before: Sequence[bool], after: Sequence[bool], seed: int, draws: int = 2000) -> tuple[float, ...]:
    """after - before for the same items, in points, with the bounds of its 95% bootstrap interval."""
    change = 100 * (np.asarray(after, float) - np.asarray(before, float))
    drawn = np.random.default_rng(seed).integers(len(change), size=(draws, len(change)))
    return float(change.mean()), *np.percentile(change[drawn].mean(axis=1), [2.5, 97.5]).tolist()


def over_folds(measured: Sequence[Figures]) -> dict[str, list[float]]:
    """The values of every figure that was measured."""
    found = {item.name: [getattr(one, item.name) for one in measured] for item in fields(Figures)}
    return {name: values for name, values in found.items() if None not in values}
