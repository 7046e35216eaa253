"""What a model got right on texts that it was not trained on, and the thresholds that follow."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from suggest.head import Floats

Labels = NDArray[np.int64]
TARGET_FALSE_ACCEPT = 0.1
"""Share of the out-of-scope texts that may pass the threshold."""
LEAST_ACCEPT = 0.9
"""Share of held-out known texts that passes the threshold where there are no out-of-scope texts to set it with."""
ENOUGH = 12
"""Texts wrongly taken for an intent from which it gets a threshold of its own."""
FURTHEST = 0.15
"""How far a threshold of an intent's own may lie from the common one."""
BINS = 15
SHOWN_CONFUSIONS = 20


@dataclass(frozen=True)
class HeldOut:
    """What came out for texts that were held out: `probabilities` (n, labels), true `targets` (n,), confidence `sure`
    (n,) 0..1; and for out-of-scope texts the label they were taken for (m,) and the confidence (m,)."""

    probabilities: Floats
    targets: Labels
    sure: Floats
    oos_labels: Labels
    unsure: Floats


class IntentFigures(BaseModel):
    """One intent, held out. Shares 0..1; None where it was never said."""

    model_config = ConfigDict(frozen=True)

    texts: int
    precision: float | None
    recall: float | None


class Confusion(BaseModel):
    """Texts of one intent that were taken for another."""

    model_config = ConfigDict(frozen=True)

    intent: str
    taken_for: str
    texts: int


@dataclass(frozen=True)
class Figures:
    """Held-out quality and the thresholds chosen there."""

    accuracy: float
    macro_f1: float
    calibration_error: float
    auroc: float | None
    threshold: float
    thresholds: dict[str, float]
    accept_rate: float
    false_accept_rate: float | None
    intents: dict[str, IntentFigures]
    confusions: list[Confusion]


def measure(held: HeldOut, labels: Sequence[str]) -> Figures:
    """All figures of one held-out set."""
    from sklearn.metrics import f1_score, roc_auc_score

    said = held.probabilities.argmax(axis=1)
    known, unknown = len(held.sure), len(held.unsure)
    if unknown:
        threshold = float(np.quantile(held.unsure, 1 - TARGET_FALSE_ACCEPT))
        auroc = float(roc_auc_score(np.repeat([1, 0], [known, unknown]), np.r_[held.sure, held.unsure]))
    else:
        threshold, auroc = float(np.quantile(held.sure, 1 - LEAST_ACCEPT)), None
    return Figures(
        accuracy=float((said == held.targets).mean()),
        macro_f1=float(f1_score(held.targets, said, average="macro", zero_division=0)),
        calibration_error=calibration_error(held.probabilities, held.targets),
        auroc=auroc,
        threshold=threshold,
        thresholds=_own_thresholds(held, said, labels, threshold),
        accept_rate=float((held.sure >= threshold).mean()),
        false_accept_rate=float((held.unsure >= threshold).mean()) if unknown else None,
        intents=_intents(held.targets, said, labels),
        confusions=_confusions(held.targets, said, labels),
    )


def calibration_error(probabilities: Floats, targets: Labels) -> float:
    """Expected calibration error (Guo et al. 2017): mean gap between the best probability and how often it is right,
    over `BINS` bins of equal width, weighted by their texts."""
    best, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    places = np.minimum((best * BINS).astype(np.int64), BINS - 1)
    gaps = [abs(float(best[places == b].mean()) - float(right[places == b].mean())) * float((places == b).mean())
            for b in np.unique(places)]  # fmt: skip
    return float(sum(gaps))


def _own_thresholds(held: HeldOut, said: Labels, labels: Sequence[str], common: float) -> dict[str, float]:
    """Thresholds of intents that enough other texts were taken for, at the same false-accept rate."""
    wrong = said != held.targets
    found = {}
    for number, label in enumerate(labels):
        taken = np.r_[held.sure[wrong & (said == number)], held.unsure[held.oos_labels == number]]
        if len(taken) >= ENOUGH:
            own = float(np.quantile(taken, 1 - TARGET_FALSE_ACCEPT))
            found[label] = min(common + FURTHEST, max(common - FURTHEST, own))
    return found


def _intents(targets: Labels, said: Labels, labels: Sequence[str]) -> dict[str, IntentFigures]:
    found = {}
    for number, label in enumerate(labels):
        own, taken = targets == number, said == number
        right = int((own & taken).sum())
        found[label] = IntentFigures(
            texts=int(own.sum()),
            precision=right / int(taken.sum()) if taken.any() else None,
            recall=right / int(own.sum()) if own.any() else None,
        )
    return found


def _confusions(targets: Labels, said: Labels, labels: Sequence[str]) -> list[Confusion]:
    pairs = Counter((labels[a], labels[b]) for a, b in zip(targets, said, strict=True) if a != b)
    return [Confusion(intent=a, taken_for=b, texts=n) for (a, b), n in pairs.most_common(SHOWN_CONFUSIONS)]
