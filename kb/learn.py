"""Learning the shares of the fused score from queries whose article is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kb.files import Query
from kb.fusion import PARTS, FusionWeights
from kb.index import Index

Figures = NDArray[np.float64]
CONSIDERED = 40
"""Hits of a query that are learned from."""
PULL = 30.0
"""How many queries the shipped weights count as much as."""
SHARPNESS = 20.0
"""A lead of 1/20 of the nearest phrasing's cosine is one unit of log-odds, to begin with."""
FOLDS = 5


@dataclass(frozen=True)
class Lesson:
    """One query's hits: their parts, shape (hits, len(PARTS)), and the place of the right one."""

    parts: Figures
    right: int


@dataclass(frozen=True)
class Learned:
    """Weights and how often the right article came first, 0..1, on queries that were held out: before and after."""

    weights: FusionWeights
    before: float
    after: float
    queries: int


def lessons(
    index: Index, queries: Sequence[Query], intents: Sequence[Mapping[str, float]] | None = None
) -> list[Lesson]:
    """What the index says of each query. `intents`: the classifier's probabilities for each, where there are any.

    Queries whose article is not among the hits teach nothing and are left out.
    """
    found = []
    for number, query in enumerate(queries):
        hits = index.search(query.text, CONSIDERED, intents=intents[number] if intents else None)
        right = next((place for place, hit in enumerate(hits) if hit.article.id == query.article), None)
        if right is not None:
            found.append(Lesson(np.array([[hit.parts[name] for name in PARTS] for hit in hits]), right))
    return found


def learn(given: Sequence[Sequence[Lesson]], shipped: FusionWeights, pull: float = PULL) -> FusionWeights:
    """Weights under which the right article leads in each group of lessons, every group counting the same.

    None is negative; parts that no lesson has keep their shipped weight; with few lessons all stay near it.
    """
    from scipy.optimize import minimize

    groups = [group for group in given if group]
    if not groups:
        return shipped
    start = np.array([getattr(shipped, name) for name in PARTS])
    seen = np.array([any(lesson.parts[:, n].any() for group in groups for lesson in group) for n in range(len(PARTS))])
    total = sum(len(group) for group in groups)

    def loss(point: Figures) -> tuple[float, Figures]:
        sharp, shares = point[0], point[1:]
        value, slope = _surprise(groups, sharp * shares, total)
        apart = (shares - start) / (start + 0.1)
        gradient = np.concatenate([[slope @ shares], sharp * slope + 2 * pull * apart / (start + 0.1)])
        return value + pull * float(apart @ apart), gradient

    bounds = [(1.0, 100.0)] + [
        (0.0, None) if there else (share, share) for there, share in zip(seen, start, strict=True)
    ]
    best = minimize(loss, np.concatenate([[SHARPNESS], start]), jac=True, method="L-BFGS-B", bounds=bounds).x[1:]
    return shipped.with_shares(dict(zip(PARTS, best, strict=True)))


def learn_checked(given: Sequence[Lesson], shipped: FusionWeights) -> Learned:
    """Learn from all lessons, and measure on each fifth what the others teach. Worse than shipped: shipped stays."""
    order = np.random.default_rng(0).permutation(len(given))
    before = after = 0
    for fold in range(FOLDS):
        held = [given[n] for n in order[fold::FOLDS]]
        rest = [given[n] for place, n in enumerate(order) if place % FOLDS != fold]
        before += led(held, shipped)
        after += led(held, learn([rest], shipped))
    weights = learn([given], shipped) if after > before else shipped
    count = max(1, len(given))
    return Learned(weights, before / count, max(before, after) / count, len(given))


def led(given: Sequence[Lesson], weights: FusionWeights) -> int:
    """In how many lessons the right article comes first."""
    shares = np.array([getattr(weights, name) for name in PARTS])
    return sum(int(np.argmax(lesson.parts @ shares)) == lesson.right for lesson in given)


def _surprise(groups: Sequence[Sequence[Lesson]], shares: Figures, total: int) -> tuple[float, Figures]:
    """Negative log-likelihood of the right articles, and its slope, as if all groups were of one size."""
    value, slope = 0.0, np.zeros(len(PARTS))
    for group in groups:
        weight = total / len(groups) / len(group)
        for lesson in group:
            scores = lesson.parts @ shares
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            value -= weight * float(np.log(max(chances[lesson.right], 1e-12)))
            slope += weight * (chances @ lesson.parts - lesson.parts[lesson.right])
    return value, slope
