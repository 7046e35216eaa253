"""From what a customer said to ranked cards, or to silence."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kb.index import Hit, Index
from kb.text import clauses, contrast, normalise, search_form, syllables
from suggest.acts import asks, is_answer, is_backchannel, leads_on, nods_gone, wants
from suggest.classifier import IntentClassifier, IntentResult
from suggest.encoder import Encoder, Vectors
from suggest.forms import model_form
from suggest.look import UNDECIDED, Look, together
from suggest.pieces import questions
from suggest.rank import FOLLOW_UP, Calibration, Candidate, Thresholds, choose, distinct, ordered, rank, surest

Reason = Literal["", "too_short", "small_talk", "unrelated", "unknown", "unsure", "no_article"]
CONSIDERED = 10
"""Hits that are ranked for a text."""
FOUND = 40
"""Hits that are asked for, so that two looks can be put together."""
LONG = 24
"""Characters of a text from which its last part is also looked up on its own."""
JOINED = 0.9
"""What the confidence of a joined text counts: the last words of a turn matter most."""
TELLING = 8
"""Chinese characters or other words from which a text says enough to be looked up unfinished, or apart from
the rest of its turn."""
LEANING = 14
"""Chinese characters or other words up to which a text may lean on the turns before it."""


@dataclass(frozen=True)
class SuggestResult:
    """Cards for one text. `candidates` is empty when `abstained`, and `reason` says why.

    confidence: of the intent, 0..1. The seconds are the time that the two steps took.
    """

    intent: str | None
    confidence: float
    candidates: tuple[Candidate, ...]
    abstained: bool
    reason: Reason
    intent_seconds: float
    retrieval_seconds: float
    model: str
    thresholds: dict[str, float]


@dataclass(frozen=True)
class _Scope:
    """What all lookups of one ask share."""

    topic: frozenset[str]
    interim: bool
    usage: Mapping[str, float] | None = None
    dealt: frozenset[str] = frozenset()
    answering: bool = False
    """Whether the agent asked, and the text is no question."""


class Suggester:
    """Joins the classifier (where there is one) and the index. Safe in several threads."""

    def __init__(
        self,
        classifier: IntentClassifier | None,
        index: Index,
        encoder: Encoder,
        *,
        max_cards: int = 3,
        lang: str | None = None,
        calibration: Calibration | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        """`encoder` is the one that `classifier` and `index` were made with. `lang` limits the articles."""
        self.classifier = classifier
        self.index = index
        self.encoder = encoder
        self.max_cards = max_cards
        self.lang = lang
        self.calibration = calibration or Calibration()
        self.thresholds = thresholds or Thresholds()

    @property
    def model(self) -> str:
        """Names the model that the suggestions come from."""
        return self.classifier.card.name if self.classifier else self.encoder.name

    def suggest(
        self,
        text: str,
        *,
        turn: Sequence[str] = (),
        context: Sequence[str] = (),
        said: str = "",
        topic: Collection[str] = (),
        dealt: Collection[str] = (),
        interim: bool = False,
        usage: Mapping[str, float] | None = None,
    ) -> SuggestResult:
        """Cards for what the customer said.

        `turn` holds what the customer said just before `text` in the same breath, `context` what the customer asked
        before that, both oldest first; `said` what the agent said in between. `topic` names the intents the talk is
        about, `dealt` the articles that came up for it. `interim` texts may still go on, so they need more words and a
        higher confidence, and get one card at most. `usage` is as in `Index.search`.
        """
        granted, point = contrast(text)
        if granted and _length(point) >= TELLING:
            turn, text = [*turn, granted], point
        elif interim and granted:
            return self._silence("too_short")
        if is_backchannel(text, said):
            return self._silence("too_short")
        answering = bool(turn or context) and is_answer(text, said) and not wants(text)
        scope = _Scope(frozenset(topic), interim, usage, frozenset(dealt), answering)
        return self._understood(nods_gone(text), turn, context, said, scope)

    def _understood(
        self, text: str, turn: Sequence[str], context: Sequence[str], said: str, scope: _Scope
    ) -> SuggestResult:
        if scope.interim and _length(text) < TELLING:
            return self._silence("too_short")
        look = self._look(text, scope)
        alone = self._judge(look, scope)
        if not scope.interim and len(pieces := questions(text)) > 1:
            alone = self._several(pieces, alone, scope)
        else:
            for part in _parts(text):
                alone = _better(alone, self._judge(self._look(part, scope), scope))
        if alone.reason == "small_talk":
            return alone
        if earlier := self._meant(turn):
            joined = self._judge(self._look("，".join([*earlier, text]), scope), scope)
            return self._both(alone, joined, scope) if _length(text) >= TELLING else _either(joined, alone)
        if scope.interim or scope.answering or _length(text) > LEANING:
            return alone
        leant_on = self._meant(context)[-1:] or ([said] if said and asks(text) else [])
        return self._follow(look, alone, leant_on[0], scope) if leant_on else alone

    def _several(self, pieces: Sequence[str], whole: SuggestResult, scope: _Scope) -> SuggestResult:
        """The cards of several questions in the order in which they were asked, where two of them have one; otherwise
        the surest of the whole and its pieces."""
        results, before, dealt = [], "", scope.dealt
        for piece in pieces:
            look = self._look(piece, scope)
            result = self._judge(look, scope, bar=self.thresholds.each)
            if before and _length(piece) <= LEANING:
                result = self._follow(look, result, before, replace(scope, dealt=dealt))
            results.append(result)
            before, dealt = piece, dealt | {c.article.id for c in result.candidates[:1]}
        cards = distinct(
            result.candidates[0] for result in results if surest(result.candidates) >= self.thresholds.each
        )
        best = whole
        for result in results:
            best = _better(best, result)
        if len(cards) < 2:
            return best
        return replace(best, candidates=tuple(cards[: self.max_cards]), abstained=False, reason="")

    def _follow(self, look: Look, alone: SuggestResult, before: str, scope: _Scope) -> SuggestResult:
        """The cards of a text that may lean on what was said `before`: those of both readings, the likelier first."""
        joined = self._look(f"{before} {look.text}", scope)
        both = together(look, joined)
        asking = asks(look.text)
        about = {hit.article.intent for hit in both.hits if hit.article.id in scope.dealt and hit.article.intent}
        candidates = rank(both.hits[:CONSIDERED], both.known, FOLLOW_UP, scope.topic | about, scope.dealt, asks=asking)
        bar = self.thresholds.follow_up if asking else self.thresholds.statement
        chosen = choose(candidates, bar, self.thresholds.further, self.max_cards)
        leant = self._result(both, candidates, chosen)
        if alone.abstained or leant.abstained:
            return _either(alone, leant)
        leans = leads_on(look.text) or surest(leant.candidates) >= surest(alone.candidates)
        first, second = (leant, alone) if leans else (alone, leant)
        cards = distinct((*first.candidates[:2], *second.candidates[:1], *first.candidates[2:]))
        return replace(_timed(first, leant, alone), candidates=tuple(cards[: self.max_cards]))

    def _meant(self, texts: Sequence[str]) -> list[str]:
        """The texts that say something: no assent, no small talk."""
        return [text for text in texts if not is_backchannel(text) and not self._small_talk(self._understand(text)[1])]

    def _small_talk(self, found: IntentResult | None) -> bool:
        return bool(found and self.classifier and found.known and found.intent in self.classifier.silent)

    def _both(self, alone: SuggestResult, joined: SuggestResult, scope: _Scope) -> SuggestResult:
        """The cards of a text by itself and of the whole turn: it may hold one question in pieces, or two."""
        discounted = [replace(c, confidence=JOINED * c.confidence) for c in joined.candidates]
        joined = replace(joined, candidates=tuple(discounted))
        best = _better(alone, joined)
        found: dict[str, Candidate] = {}
        for candidate in ordered((*alone.candidates, *discounted)):
            found.setdefault(candidate.article.id, candidate)
        cards = distinct(found.values())
        return replace(best, candidates=tuple(cards[: 1 if scope.interim else self.max_cards]))

    def look_up(self, text: str) -> tuple[list[Hit], float]:
        """The hits for a text, and the probability 0..1 that it belongs to any intent (a half without classifier)."""
        vector, found = self._understand(text)
        return self._hits(text, vector, found)[:CONSIDERED], found.confidence if found else UNDECIDED

    def _understand(self, text: str) -> tuple[Vectors, IntentResult | None]:
        vector = self.encoder.encode([model_form(text)])[0]
        return vector, self.classifier.classify(text, vector) if self.classifier else None

    def _hits(
        self, text: str, vector: Vectors, found: IntentResult | None, usage: Mapping[str, float] | None = None
    ) -> list[Hit]:
        prior = {label: score * found.confidence for label, score in found.scores.items()} if found else None
        return self.index.search(text, FOUND, lang=self.lang, intents=prior, usage=usage, vector=vector)

    def _look(self, text: str, scope: _Scope) -> Look:
        started = time.perf_counter()
        vector, found = self._understand(text)
        classified = time.perf_counter()
        hits = self._hits(text, vector, found, scope.usage)
        return Look(text, tuple(hits), found, classified - started, time.perf_counter() - classified)

    def _judge(self, look: Look, scope: _Scope, bar: float | None = None) -> SuggestResult:
        """The cards of a text by itself; `bar` is what the first one needs where that is not as usual."""
        if scope.interim and _length(look.text) < TELLING:
            return self._silence("too_short")
        candidates = rank(look.hits[:CONSIDERED], look.known, self.calibration, scope.topic)
        short = _length(look.text) < TELLING
        usual = self.thresholds.bar(interim=scope.interim, short=short, answering=scope.answering)
        most = 1 if scope.interim else self.max_cards
        chosen = choose(candidates, usual if bar is None else bar, self.thresholds.further, most)
        return self._result(look, candidates, chosen)

    def _result(self, look: Look, candidates: list[Candidate], chosen: list[Candidate]) -> SuggestResult:
        found, reason = look.found, self._reason(look.found, candidates, chosen)
        return SuggestResult(
            intent=found.intent if found else (chosen[0].intent if chosen else None),
            confidence=found.confidence if found else (chosen[0].confidence if chosen else 0.0),
            candidates=() if reason else tuple(chosen),
            abstained=bool(reason),
            reason=reason,
            intent_seconds=look.intent_seconds,
            retrieval_seconds=look.retrieval_seconds,
            model=self.model,
            thresholds=self._thresholds(),
        )

    def _reason(self, found: IntentResult | None, candidates: list[Candidate], chosen: list[Candidate]) -> Reason:
        if self._small_talk(found):
            return "small_talk"
        if chosen:
            return ""
        if found and found.standing == "far":
            return "unrelated"
        if not candidates:
            return "no_article"
        return "unknown" if found and not found.known else "unsure"

    def _thresholds(self) -> dict[str, float]:
        shown = self.thresholds.as_dict()
        return {**shown, "intent": self.classifier.card.threshold} if self.classifier else shown

    def _silence(self, reason: Reason) -> SuggestResult:
        return SuggestResult(None, 0.0, (), True, reason, 0.0, 0.0, self.model, self._thresholds())


def _length(text: str) -> int:
    return len(syllables(search_form(nods_gone(text))))


def _parts(text: str) -> list[str]:
    """The end of a long text on its own: people come to the point last."""
    if len(normalise(text)) < LONG:
        return []
    pieces = clauses(text)
    if len(pieces) > 1:
        return [pieces[-1]] if len(pieces) == 2 else [pieces[-1], "，".join(pieces[-2:])]
    words = text.split()
    return [" ".join(words[len(words) // 2 :])] if len(words) > 3 else []


def _either(first: SuggestResult, second: SuggestResult) -> SuggestResult:
    """The first result unless only the second has cards, with the time that both took."""
    kept = second if second.candidates and not first.candidates else first
    return _timed(kept, first, second)


def _better(one: SuggestResult, other: SuggestResult) -> SuggestResult:
    """The surer of two results, with the time that both took."""
    return _timed(other if surest(other.candidates) > surest(one.candidates) else one, one, other)


def _timed(kept: SuggestResult, one: SuggestResult, other: SuggestResult) -> SuggestResult:
    return replace(
        kept,
        intent_seconds=one.intent_seconds + other.intent_seconds,
        retrieval_seconds=one.retrieval_seconds + other.retrieval_seconds,
    )
