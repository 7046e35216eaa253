"""From what a customer said to ranked cards, or to silence."""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kb.index import Hit, Index
from kb.text import clauses, contrast, normalise, search_form, syllables
from suggest.classifier import IntentClassifier, IntentResult
from suggest.encoder import Encoder, Vectors
from suggest.forms import model_form
from suggest.rank import Calibration, Candidate, Thresholds, choose, ordered, rank, surest

Reason = Literal["", "too_short", "small_talk", "unknown", "unsure", "no_article"]
CONSIDERED = 10
"""Hits that are ranked for a text."""
UNDECIDED = 0.5
"""Stands for the classifier's opinion where there is none."""
LONG = 24
"""Characters of a text from which its last part is also looked up on its own."""
JOINED = 0.9
"""What the confidence of a joined text counts: the last words of a turn matter most."""
TELLING = 8
"""Chinese characters or other words from which a text says enough to be looked up unfinished, or apart from
the rest of its turn."""
_WORDLESS = re.compile(
    r"^(?:[好是对行嗯哦噢啊呀哈额呃的了吧呢嘛]|ok|yes|no|yeah|right|sure|没有|没事|可以|知道|明白|谢谢|再见|拜拜)+$"
)
_ASSENT = re.compile(r"^(?:好的?|行|对的?|是的?|知道了?|明白了?|那|嗯|(?:ok|okay|yes|right|sure)\b\s*)+")


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
    guessing: bool = False
    """Whether the text was put together from words that need not belong together."""


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
        topic: Collection[str] = (),
        interim: bool = False,
        usage: Mapping[str, float] | None = None,
    ) -> SuggestResult:
        """Cards for what the customer said.

        `turn` holds what the customer said just before `text` in the same breath, `context` what came before that,
        both oldest first; `topic` names the intents the talk is about. `interim` texts may still go on, so they need
        more words and a higher confidence, and get one card at most. `usage` is as in `Index.search`.
        """
        granted, point = contrast(text)
        if granted and _length(point) >= TELLING:
            turn, text = [*turn, granted], point
        elif interim and granted:
            return self._silence("too_short")
        if is_backchannel(text):
            return self._silence("too_short")
        scope = _Scope(frozenset(topic), interim, usage)
        alone = self._try(text, scope)
        for part in _parts(text):
            alone = _better(alone, self._try(part, scope))
        if alone.reason == "small_talk":
            return alone
        if earlier := self._meant(turn):
            joined = self._try("，".join([*earlier, text]), scope)
            return self._both(alone, joined, scope) if _length(text) >= TELLING else _either(joined, alone)
        if alone.reason in ("unsure", "unknown") and not interim and self._leans_on_context(text, alone):
            before = self._meant(context)
            guess = replace(scope, guessing=True)
            return _better(alone, self._try(f"{before[-1]} {text}", guess)) if before else alone
        return alone

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
        return replace(best, candidates=tuple(found.values())[: 1 if scope.interim else self.max_cards])

    def _leans_on_context(self, text: str, alone: SuggestResult) -> bool:
        """A short text that is not mere assent may be the second half of what was said before."""
        silent = self.classifier.silent if self.classifier else frozenset()
        return len(search_form(text)) < LONG // 2 and alone.intent not in silent

    def look_up(self, text: str) -> tuple[list[Hit], float]:
        """The hits for a text, and the probability 0..1 that it belongs to any intent (a half without classifier)."""
        vector, found = self._understand(text)
        return self._hits(text, vector, found), found.confidence if found else UNDECIDED

    def _understand(self, text: str) -> tuple[Vectors, IntentResult | None]:
        vector = self.encoder.encode([model_form(text)])[0]
        return vector, self.classifier.classify(text, vector) if self.classifier else None

    def _hits(
        self, text: str, vector: Vectors, found: IntentResult | None, usage: Mapping[str, float] | None = None
    ) -> list[Hit]:
        prior = {label: score * found.confidence for label, score in found.scores.items()} if found else None
        return self.index.search(text, CONSIDERED, lang=self.lang, intents=prior, usage=usage, vector=vector)

    def _try(self, text: str, scope: _Scope) -> SuggestResult:
        short = _length(text) < TELLING
        if scope.interim and short:
            return self._silence("too_short")
        started = time.perf_counter()
        vector, found = self._understand(text)
        classified = time.perf_counter()
        hits = self._hits(text, vector, found, scope.usage)
        known = found.confidence if found else UNDECIDED
        candidates = rank(hits, known, self.calibration, scope.topic)
        bar = self.thresholds.bar(interim=scope.interim, doubtful=short or scope.guessing)
        chosen = choose(candidates, bar, self.thresholds.further, 1 if scope.interim else self.max_cards)
        reason = self._reason(found, candidates, chosen)
        return SuggestResult(
            intent=found.intent if found else (chosen[0].intent if chosen else None),
            confidence=found.confidence if found else (chosen[0].confidence if chosen else 0.0),
            candidates=() if reason else tuple(chosen),
            abstained=bool(reason),
            reason=reason,
            intent_seconds=classified - started,
            retrieval_seconds=time.perf_counter() - classified,
            model=self.model,
            thresholds=self._thresholds(),
        )

    def _reason(self, found: IntentResult | None, candidates: list[Candidate], chosen: list[Candidate]) -> Reason:
        if self._small_talk(found):
            return "small_talk"
        if chosen:
            return ""
        if not candidates:
            return "no_article"
        return "unknown" if found and not found.known else "unsure"

    def _thresholds(self) -> dict[str, float]:
        shown = self.thresholds.as_dict()
        return {**shown, "intent": self.classifier.card.threshold} if self.classifier else shown

    def _silence(self, reason: Reason) -> SuggestResult:
        return SuggestResult(None, 0.0, (), True, reason, 0.0, 0.0, self.model, self._thresholds())


def is_backchannel(text: str) -> bool:
    """Whether a text only keeps the talk going ("嗯，好的") or has too little in it to look anything up."""
    rest = search_form(text)
    return len(rest) < 2 or bool(_WORDLESS.match(normalise(text).replace(" ", "")) or _WORDLESS.match(rest))


def _length(text: str) -> int:
    return len(syllables(_ASSENT.sub("", search_form(text))))


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
