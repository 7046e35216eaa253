"""One text looked up, and two looks at the same words put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb.index import Hit
from suggest.classifier import IntentResult

UNDECIDED = 0.5
"""Stands for the classifier's opinion where there is none."""
UNSEEN = 0.8
"""What an article that a look did not find scored there, against the last one that it did find."""


@dataclass(frozen=True)
class Look:
    """What was found for a text, best first, and what the classifier took it for; the seconds are of the two steps."""

    text: str
    hits: tuple[Hit, ...]
    found: IntentResult | None
    intent_seconds: float = 0.0
    retrieval_seconds: float = 0.0

    @property
    def known(self) -> float:
        """Probability 0..1 that the text belongs to any intent."""
        return self.found.confidence if self.found else UNDECIDED


def together(alone: Look, joined: Look) -> Look:
    """A text by itself and with the words it leans on: what is asked counts as much as what it is asked of."""
    scores = [{hit.article.id: hit.score for hit in look.hits} for look in (alone, joined)]
    least = [UNSEEN * min(found.values(), default=0.0) for found in scores]
    hits = {hit.article.id: hit for hit in (*alone.hits, *joined.hits)}
    mixed = [
        replace(hit, score=sum(found.get(name, low) for found, low in zip(scores, least, strict=True)) / 2)
        for name, hit in hits.items()
    ]
    best_first: Sequence[Hit] = sorted(mixed, key=lambda hit: (-hit.score, hit.article.id))
    return Look(
        alone.text,
        tuple(best_first),
        joined.found,
        alone.intent_seconds + joined.intent_seconds,
        alone.retrieval_seconds + joined.retrieval_seconds,
    )
