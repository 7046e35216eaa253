"""From hits to cards: how likely each article is the right one, and whether that is enough to show it."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from kb.article import Article
from kb.fusion import settled
from kb.index import Hit
from suggest.alike import says_the_same


@dataclass(frozen=True)
class Calibration:
    """Weights of the log-odds that an article is right, measured by `tests/bench/rank.py` (docs/quality-notes.md)."""

    bias: float = -6.1
    score: float = 8.1
    lead: float = 19.5
    intent: float = -1.9
    """Below 0: the fused score has the intent in it already, and counts it a little too much."""
    known: float = 4.2
    topic: float = 0.04
    """Added to the fused score of articles of the intent that the talk is about already (`tests/bench/topic.py`)."""
    dealt: float = 0.0
    """Taken from the fused score of articles that the talk has dealt with already."""
    asks: float = 0.0
    """Added to the odds for a text that is a question by its form."""


FOLLOW_UP = Calibration(bias=-9.4, score=4.0, lead=25.2, intent=0.4, known=6.9, topic=0.03, dealt=0.04, asks=1.1)
"""For a text looked up both alone and with what it leans on (`docs/quality-notes.md`)."""


@dataclass(frozen=True)
class Thresholds:
    """Least confidence, 0..1, of a card: the first one, the first one for a few words or while speech goes on, any
    further one (`tests/bench/rank.py`, `tests/bench/spoken.py`), the first one of a question that leans on the turns
    before it, and each of several questions in one breath (`docs/quality-notes.md`)."""

    first: float = 0.35
    short: float = 0.6
    interim: float = 0.75
    further: float = 0.15
    follow_up: float = 0.25
    statement: float = 0.6
    each: float = 0.3
    answer: float = 0.85

    def as_dict(self) -> dict[str, float]:
        """What goes on a card's record."""
        return {
            "first": self.first,
            "short": self.short,
            "interim": self.interim,
            "further": self.further,
            "follow_up": self.follow_up,
            "statement": self.statement,
            "each": self.each,
            "answer": self.answer,
        }

    def bar(self, *, interim: bool = False, short: bool = False, answering: bool = False) -> float:
        """What the first card needs."""
        if answering:
            return self.answer
        return self.interim if interim else self.short if short else self.first


@dataclass(frozen=True)
class Candidate:
    """An article that could answer. confidence: probability 0..1 that it is the right one."""

    article: Article
    confidence: float
    matched: str
    intent: str | None
    parts: dict[str, float] = field(default_factory=dict)
    tilt: float = 0.0
    """Log-odds that what agents did before adds to its place in the order. The confidence knows nothing of it."""

    @property
    def place(self) -> float:
        """What candidates of one intent are put in order by, the greatest first."""
        confidence = min(max(self.confidence, 1e-13), 1 - 1e-13)
        return math.log(confidence / (1 - confidence)) + self.tilt


def rank(
    hits: Sequence[Hit],
    known: float,
    calibration: Calibration,
    topic: Collection[str] = (),
    dealt: Collection[str] = (),
    *,
    asks: bool = False,
) -> list[Candidate]:
    """Candidates, most likely first.

    `known`: probability 0..1 that the text belongs to an intent with cards. `topic`: intents of the talk so far,
    `dealt`: ids of articles that it has dealt with. `asks`: whether the text is a question by its form.
    """
    candidates = []
    hits = [_moved(hit, calibration, topic, dealt) for hit in hits]
    bias = calibration.bias + (calibration.asks if asks else 0.0)
    for hit in hits:
        odds = bias + sum(getattr(calibration, name) * x for name, x in inputs(hit, hits, known).items())
        confidence = 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
        parts = {**hit.parts, "fused": hit.score, "known": known}
        tilt = (calibration.score + calibration.lead) * hit.nudge
        candidates.append(Candidate(hit.article, confidence, hit.matched, hit.article.intent, parts, tilt))
    return ordered(candidates)


def _moved(hit: Hit, calibration: Calibration, topic: Collection[str], dealt: Collection[str]) -> Hit:
    gain = calibration.topic if hit.article.intent in topic else 0.0
    loss = calibration.dealt if hit.article.id in dealt else 0.0
    return replace(hit, score=hit.score + gain - loss) if gain or loss else hit


def ordered(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates, the first to show first."""
    by_confidence = sorted(candidates, key=lambda candidate: (-candidate.confidence, candidate.article.id))
    return settled(by_confidence, lambda candidate: candidate.article.intent, lambda candidate: candidate.place)


def surest(candidates: Sequence[Candidate]) -> float:
    """The highest confidence, 0..1; 0 for none."""
    return max((candidate.confidence for candidate in candidates), default=0.0)


def inputs(hit: Hit, hits: Sequence[Hit], known: float) -> dict[str, float]:
    """What the odds of a hit are made of, by the names of `Calibration`; `lead` is over the best other hit."""
    rival = max((other.score for other in hits if other is not hit), default=0.0)
    return {"score": hit.score, "lead": hit.score - rival, "intent": hit.parts.get("intent", 0.0), "known": known}


def choose(candidates: Sequence[Candidate], bar: float, further: float, most: int) -> list[Candidate]:
    """The cards to show, `most` at most: none unless the surest reaches `bar`, then those that reach `further`."""
    if not candidates or surest(candidates) < bar:
        return []
    if most == 1:
        # What agents did before settles which of several cards comes first, not which one is the only one.
        return [max(candidates, key=lambda candidate: candidate.confidence)]
    return distinct([candidates[0], *(c for c in candidates[1 : 2 * most] if c.confidence >= further)])[:most]


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates in their order without those that say what an earlier one says."""
    kept: list[Candidate] = []
    for new in candidates:
        mine = new.article
        if not any(says_the_same(mine.name, mine.reply, c.article.name, c.article.reply) for c in kept):
            kept.append(new)
    return kept
