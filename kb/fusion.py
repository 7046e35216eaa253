"""One score per article from what the parts of the search say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.article import Article

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class FusionWeights:
    """Shares of the fused score, measured by `tests/bench/fusion.py` (docs/quality-notes.md)."""

    dense: float = 1.0
    """Meaning: cosine to the nearest phrasing."""
    sound: float = 0.2
    """Pinyin n-grams of that phrasing."""
    fuzzy: float = 0.1
    """Edit similarity to that phrasing."""
    reply: float = 0.4
    """Meaning: cosine to the reply."""
    words: float = 0.1
    """Shared words (BM25)."""
    intent: float = 0.3
    """The classifier's probability of the article's intent."""
    reply_boost: float = 0.2
    """How much a shared word in the reply counts against one in a phrasing."""
    half_words: float = 8.0
    """BM25 score that counts as one half."""
    candidates: int = 40
    """How many articles each of the two first searches hands on."""

    @property
    def total(self) -> float:
        """The most that a fused score can reach."""
        return self.dense + self.sound + self.fuzzy + self.reply + self.words + self.intent


@dataclass(frozen=True)
class Hit:
    """An article found: fused score 0..1, the phrasing that matched best, and what each part said (0..1)."""

    article: Article
    score: float
    matched: str
    parts: dict[str, float]


@dataclass(frozen=True)
class Entry:
    """An article made ready for searching: its phrasings as searched, their vectors and sounds, its reply's vector."""

    article: Article
    texts: tuple[str, ...]
    vectors: Vectors
    sounds: tuple[Any, ...]
    reply: Vectors


@dataclass(frozen=True)
class Evidence:
    """What is known of one candidate: per phrasing (dense, sound) and of the article as a whole, each 0..1."""

    dense: Vectors
    sound: Vectors
    reply: float
    words: float
    intent: float


def fuse(entry: Entry, query: str, found: Evidence, weights: FusionWeights) -> Hit:
    """The best phrasing decides; the rest is added."""
    fuzzy = _fuzzy(query, entry.texts) if weights.fuzzy else np.zeros(len(entry.texts), np.float32)
    phrasing = weights.dense * found.dense + weights.sound * found.sound + weights.fuzzy * fuzzy
    best = int(np.argmax(phrasing))
    parts = {
        "dense": float(found.dense[best]),
        "sound": float(found.sound[best]),
        "fuzzy": float(fuzzy[best]),
        "reply": found.reply,
        "words": found.words,
        "intent": found.intent,
    }
    score = sum(getattr(weights, name) * value for name, value in parts.items()) / weights.total
    return Hit(entry.article, min(1.0, max(0.0, score)), entry.article.phrasings[best], parts)


def damped(bm25: Mapping[str, float], article_id: str, half: float) -> float:
    """A BM25 score on a scale of 0..1."""
    score = bm25.get(article_id, 0.0)
    return score / (score + half)


def _fuzzy(query: str, texts: Sequence[str]) -> Vectors:
    from rapidfuzz import fuzz

    return np.array([fuzz.ratio(query, text) / 100 for text in texts], dtype=np.float32)
