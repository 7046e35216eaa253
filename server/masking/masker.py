"""Mask one conversation: finals and messages in order, interims in between. No I/O."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.masking import digits as shape
from server.masking.context import OTHER, Ask, announced, is_backchannel, mentions, read_ask
from server.masking.find import Situation, find
from server.masking.interim import hide_unsure
from server.masking.kinds import SECRET, Found, Kind, Language, Masked, Span, TimedWord
from server.masking.labels import render
from server.masking.timing import with_audio

_PASSES = 6
"""A text is gone over again until nothing more is found: a label may bring other words into reach."""
_KNOWN = 60
"""Secrets of a conversation that are remembered, to hide them when they are said again."""
_AGENT = "agent"
_CUSTOMER = "customer"


@dataclass(slots=True)
class _Voice:
    """Digits a role broke off with in its last turn."""

    digits: str = field(default="", repr=False)
    kind: Kind | None = None


class Masker:
    """Masks the turns of one conversation; remembers what was asked and what was said.

    Secrets already heard are kept in memory only, as long as the object lives; its repr shows none.
    """

    def __init__(self) -> None:
        self._ask: Ask | None = None
        self._voices: dict[str, _Voice] = {}
        self._known: list[tuple[Kind, str]] = []

    def mask(self, text: str, *, role: str, language: Language, words: Sequence[TimedWord] | None = None) -> Masked:
        """The next turn of the conversation, final. `role` is a `Role`; `words` are the recognised words with times."""
        found = _find(text, self._situation(role, language))
        masked, spans = render(text, found, language)
        self._learn(text, role, found)
        return Masked(masked, with_audio(text, spans, words) if words else spans)

    def preview(self, text: str, role: str, language: Language) -> str:
        """An interim, or a text whose end is still to come: hides more than `mask` and remembers nothing."""
        found = [replace(secret, kept="") for secret in _find(text, self._situation(role, language))]
        shown, _ = render(text, found, language)
        return hide_unsure(shown, language)

    def __repr__(self) -> str:
        return f"Masker(ask={self._ask!r}, known={len(self._known)})"

    def _situation(self, role: str, language: Language) -> Situation:
        voice = self._voices.get(role, _Voice())
        return Situation(language, role == _AGENT, self._ask, voice.digits, voice.kind, tuple(self._known))

    def _learn(self, text: str, role: str, found: list[Found]) -> None:
        self._remember(text, role, found)
        if role != _CUSTOMER:
            self._listen_for_ask(text, found, role)
        if role != _AGENT:
            self._count_answer(text, found)
        if not is_backchannel(text) and not (read_ask(text) and not found):
            for other in [name for name in self._voices if name != role]:
                if role == _CUSTOMER or not found:
                    del self._voices[other]

    def _remember(self, text: str, role: str, found: list[Found]) -> None:
        """Keep what was found, joined with what the same voice broke off with."""
        voice = self._voices.get(role, _Voice())
        for place, secret in enumerate(found):
            whole = (voice.digits if place == 0 else "") + secret.digits
            if len(whole) >= 3:
                self._known.append((secret.kind, whole))
        del self._known[:-_KNOWN]
        last = found[-1] if found else None
        if last is None:
            if not is_backchannel(text):
                self._voices.pop(role, None)
        elif len(text) - last.end <= 4:
            digits = (voice.digits if len(found) == 1 else "") + last.digits
            self._voices[role] = _Voice("" if _complete(last.kind, digits) else digits[-24:], last.kind)
        else:
            self._voices.pop(role, None)

    def _listen_for_ask(self, text: str, found: list[Found], role: str) -> None:
        asked = read_ask(text)
        if asked is not None and asked.kind is None:
            kind = self._ask.kind if self._ask else None
            self._ask = Ask(kind, firm=True)
        elif asked is not None and (asked.firm or not self._ask):
            self._ask = asked
        elif self._ask is not None and not found and not is_backchannel(text):
            if self._ask.got:
                self._ask = Ask(self._ask.kind, firm=False, left=1) if self._ask.firm else None
            else:
                self._ask.fresh = False
                self._spend()

    def _count_answer(self, text: str, found: list[Found]) -> None:
        if found and self._ask is not None:
            self._ask.got += sum(len(secret.digits) for secret in found) or 6
            return
        if self._ask is None:
            self._ask = _announced(text)
        elif not is_backchannel(text):
            self._spend()

    def _spend(self) -> None:
        assert self._ask is not None
        self._ask.left -= 1
        if self._ask.left <= 0:
            self._ask = None


def _announced(text: str) -> Ask | None:
    """A customer who names a secret may say it next; one who breaks off after the name will."""
    place = announced(text)
    if place is not None and len(text) - place <= 6:
        return Ask(None, firm=True, left=2)
    named = [mention for mention in mentions(text) if mention.kind != OTHER]
    if not named:
        return None
    kind = Kind(named[-1].kind)
    breaks_off = len(text.rstrip(" ，,。.:：")) - named[-1].end <= 4
    return Ask(kind, firm=breaks_off and kind in SECRET | {Kind.ID_NUMBER, Kind.BANK_CARD}, left=2)


def _complete(kind: Kind, digits: str) -> bool:
    if kind is Kind.PHONE:
        return shape.mobile(digits) or len(digits) >= 12
    if kind is Kind.ID_NUMBER:
        return shape.id_checked(digits)
    return kind is Kind.BANK_CARD and len(digits) >= 19


def _find(text: str, situation: Situation) -> list[Found]:
    """Secrets of `text`, gone over until nothing more shows; positions are of `text` itself."""
    found: list[Found] = []
    for _ in range(_PASSES):
        shown, spans = render(text, found, situation.language)
        new = find(shown, situation)
        if not new:
            break
        found = sorted([*found, *(_moved(secret, spans) for secret in new)], key=lambda one: one.start)
    return found


def _moved(secret: Found, spans: Sequence[Span]) -> Found:
    """A secret of a partly masked text, at its place in the text that came in."""
    before = bisect_right(spans, secret.start, key=lambda span: span.end) - 1
    shift = spans[before].source_end - spans[before].end if before >= 0 else 0
    return replace(secret, start=secret.start + shift, end=secret.end + shift)
