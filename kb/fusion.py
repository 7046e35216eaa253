"""One score per article from what the parts of the search say."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kb.article import Article

T = TypeVar("T")
Vectors = NDArray[np.float32]
OF_PHRASINGS = ("dense", "sound", "fuzzy", "echo")
OF_ARTICLES = ("centre", "reply", "words", "intent", "usage")
PARTS = OF_PHRASINGS + OF_ARTICLES
"""What a fused score is made of, each 0..1."""
NEUTRAL = 0.5
"""The usage of an article of which nothing is known."""


class WeightsError(ValueError):
    """A file of weights that cannot be used. The message says what to do."""


@dataclass(frozen=True)
class FusionWeights:
    """Shares of the fused score, learned by `tests/bench/fusion.py` on data of several businesses (docs/quality.md)."""

    dense: float = 1.0
    """Meaning: cosine to the nearest phrasing."""
    sound: float = 0.1
    """Pinyin n-grams of that phrasing."""
    fuzzy: float = 0.0
    """Edit similarity to that phrasing, by character."""
    echo: float = 0.03
    """Edit similarity to that phrasing, by sound."""
    centre: float = 1.0
    """Meaning: cosine to all phrasings together."""
    reply: float = 0.6
    """Meaning: cosine to the reply."""
    words: float = 0.1
    """Shared words (BM25)."""
    intent: float = 0.6
    """The classifier's probability of the article's intent."""
    usage: float = 0.05
    """What agents did with the article before. It moves the order and never the score: see `margin`, `settled`."""
    reply_boost: float = 0.2
    """How much a shared word in the reply counts against one in a phrasing."""
    half_words: float = 8.0
    """BM25 score that counts as one half."""
    candidates: int = 40
    """How many articles each of the two first searches hands on."""

    @property
    def total(self) -> float:
        """The most that a fused score can reach; what agents did comes on top."""
        return float(sum(getattr(self, name) for name in PARTS if name != "usage"))

    @property
    def margin(self) -> float:
        """The most by which a score may be ahead of another and yet come after it for what agents did before."""
        return self.usage / self.total

    def with_shares(self, shares: Mapping[str, float]) -> "FusionWeights":
        """The same with other shares, by the names of `PARTS`."""
        changed: dict[str, Any] = {name: float(share) for name, share in shares.items()}
        return replace(self, **changed)

    @classmethod
    def load(cls, path: Path) -> "FusionWeights":
        """The weights of a file that `save` wrote. Raises `WeightsError`."""
        try:
            found = dict(json.loads(path.read_text(encoding="utf-8")))
            if not found:
                raise ValueError("no weights")
            known: dict[str, Any] = {item.name: float(found[item.name]) for item in fields(cls) if item.name in found}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise WeightsError(f"{path}: no usable weights; make them again with `tici kb weights`") from error
        if any(not 0 <= value < 1000 for value in known.values()):
            raise WeightsError(f"{path}: weights are from 0 on; make them again with `tici kb weights`")
        return replace(cls(), **known | {"candidates": int(known.get("candidates", cls.candidates))})

    def save(self, path: Path) -> None:
        """Write the weights as JSON, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)


@dataclass(frozen=True)
class Hit:
    """An article found: fused score 0..1, the phrasing that matched best, and what each part said (0..1)."""

    article: Article
    score: float
    matched: str
    parts: dict[str, float]
    nudge: float = 0.0
    """What agents did before adds so much to its place in the order; half of `FusionWeights.margin` at most."""


@dataclass(frozen=True)
class Evidence:
    """What is known of some candidates, each figure 0..1.

    phrasings: by the names of `OF_PHRASINGS`, all phrasings in a row, `sizes` of them to each candidate.
    articles: by the names of `OF_ARTICLES`.
    """

    sizes: NDArray[np.int64]
    phrasings: Mapping[str, Vectors]
    articles: Mapping[str, Vectors]


@dataclass(frozen=True)
class Fused:
    """Per candidate: score 0..1, its best phrasing counted from its first, and the parts, shape (n, len(PARTS))."""

    scores: Vectors
    best: NDArray[np.int64]
    parts: Vectors
    nudges: Vectors
    """Per candidate, beside the score: see `Hit.nudge`."""


def fuse(found: Evidence, weights: FusionWeights) -> Fused:
    """The best phrasing decides; the rest is added."""
    rows = np.stack([np.maximum(found.phrasings[name], 0) for name in OF_PHRASINGS], axis=1)
    shares = np.array([getattr(weights, name) for name in PARTS], np.float32)
    said = rows @ shares[: len(OF_PHRASINGS)]
    starts = np.cumsum(found.sizes) - found.sizes
    best = np.array([np.argmax(said[a : a + n]) for a, n in zip(starts, found.sizes, strict=True)], np.int64)
    rest = np.stack([np.maximum(found.articles[name], 0) for name in OF_ARTICLES], axis=1)
    parts = np.concatenate([rows[starts + best], rest], axis=1)
    shares[PARTS.index("usage")] = 0
    nudges = weights.margin * (np.clip(parts[:, PARTS.index("usage")], 0, 1) - NEUTRAL)
    return Fused(np.clip(parts @ shares / weights.total, 0, 1), best, parts, nudges)


def settled(best_first: Sequence[T], intent: Callable[[T], str | None], place: Callable[[T], float]) -> list[T]:
    """The same with those of one intent in each other's places, the greatest `place` first.

    What was liked as an answer to one question says nothing about another: it never passes that one's articles.
    """
    places: dict[str, list[int]] = {}
    for number, item in enumerate(best_first):
        if (name := intent(item)) is not None:
            places.setdefault(name, []).append(number)
    ordered = list(best_first)
    for mine in places.values():
        sorted_mine = sorted(mine, key=lambda number: -place(best_first[number]))
        for number, taken in zip(mine, sorted_mine, strict=True):
            ordered[number] = best_first[taken]
    return ordered


def damped(bm25: float, half: float) -> float:
    """A BM25 score on a scale of 0..1."""
    return bm25 / (bm25 + half)
