"""Mask one conversation: finals and messages in order, interims in between. No I/O."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from server.masking import digits as shape
from server.masking.answers import is_talk
from server.masking.asks import Ask, announced_by, asks_on, follow_up, interrupts, read_ask, unfinished
from server.masking.context import is_backchannel
from server.masking.find import find
from server.masking.interim import hide_unsure
from server.masking.kinds import Found, Kind, Language, Masked, Span, TimedWord
from server.masking.labels import render
from server.masking.loose import CODE_TALK, loose_passwords
from server.masking.public import public_numbers
from server.masking.repeats import folded
from server.masking.situation import Situation
from server.masking.spacing import close
from server.masking.timing import with_audio

_PASSES = 6
"""A text is gone over again until nothing more is found: a label may bring other words into reach."""
_KNOWN = 60
"""Secrets of a conversation that are remembered, to hide them when they are said again."""
_NEAR = 3
"""Turns after talk of a code within which digits are believed to be one."""
_CHECKS = re.compile(r"[对是]不?[吗吧对是]|正确吗|没错[吧吗]|is (?:that|it) (?:right|correct)|right\?|correct\?|\?\s*$")
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
        self._known_words: list[str] = []
        self._public: list[str] = []
        self._code_talk = 0

    def mask(self, text: str, *, role: str, language: Language, words: Sequence[TimedWord] | None = None) -> Masked:
        """The next turn of the conversation, final. `role` is a `Role`; `words` are the recognised words with times."""
        closed = close(text)
        found = _find(closed.text, self._situation(role, language))
        masked, spans = render(text, closed.opened(found), language)
        self._learn(closed.text, role, found)
        return Masked(masked, with_audio(text, spans, words) if words else spans)

    def preview(self, text: str, role: str, language: Language) -> str:
        """An interim, or a text whose end is still to come: hides more than `mask` and remembers nothing."""
        situation = self._situation(role, language)
        closed = close(text)
        if role != _AGENT and situation.firm is not None and situation.firm.words and not is_talk(closed.text):
            return render(text, [Found(0, len(text), Kind.PASSWORD)], language)[0]
        found = [replace(secret, kept="") for secret in _find(closed.text, situation)]
        shown, _ = render(text, closed.opened(found), language)
        return hide_unsure(shown, language, asked=situation.firm is not None)

    def __repr__(self) -> str:
        return f"Masker(ask={self._ask!r}, known={len(self._known)})"

    def _situation(self, role: str, language: Language) -> Situation:
        voice = self._voices.get(role, _Voice())
        return Situation(
            language,
            role == _AGENT,
            self._ask,
            voice.digits,
            voice.kind,
            self._known,
            self._known_words,
            self._public,
            code_talk=self._code_talk > 0,
        )

    def _learn(self, text: str, role: str, found: list[Found]) -> None:
        self._remember(text, role, found)
        self._public += public_numbers(
            render(text, found, "zh")[0] if found else text, asked=self._ask is not None and self._ask.other
        )
        del self._public[:-_KNOWN]
        self._code_talk = _NEAR if CODE_TALK.search(text) else self._code_talk - 1
        if role != _CUSTOMER:
            self._listen_for_ask(text, found, role)
        if role != _AGENT:
            self._count_answer(text, found)
        self._stop_voices(text, role, found)

    def _stop_voices(self, text: str, role: str, found: list[Found]) -> None:
        """Digits go on after a nod, a call to go on and an interruption, and are over after other talk."""
        others = [name for name in self._voices if name != role]
        if not others or is_backchannel(text):
            return
        asked = read_ask(text)
        goes_on = asked is not None and not asked.other and not found
        waits = role == _AGENT and unfinished(self._ask) and interrupts(text)
        if goes_on or waits:
            return
        for other in others:
            if role == _CUSTOMER or not found:
                del self._voices[other]

    def _remember(self, text: str, role: str, found: list[Found]) -> None:
        """Keep what was found, joined with what the same voice broke off with."""
        voice = self._voices.get(role, _Voice())
        for place, secret in enumerate(found):
            whole = (voice.digits if place == 0 else "") + secret.digits
            if len(whole) >= 3:
                self._known.append((secret.kind, whole))
            if secret.kind is Kind.PASSWORD and (word := folded(text[secret.start : secret.end])):
                self._known_words.append(word)
        del self._known[:-_KNOWN], self._known_words[:-_KNOWN]
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
        asked = read_ask(text, self._ask)
        if self._ask is not None and not is_backchannel(text):
            self._ask.counting = asked is not None and asked.counting
        if asked is not None and asked.counting and self._ask is not None and self._ask.firm and not self._ask.got:
            return
        goes_on = asked is not None and (unfinished(self._ask) if asked.tail else asked.kind is None and asked.firm)
        if goes_on and self._ask is not None:
            self._ask = follow_up(self._ask)
        elif asked is not None and (asked.firm or asked.other or asked.tail or not self._ask):
            self._ask = asked
        elif self._ask is not None and (not found or self._moves_on(text, found)) and not is_backchannel(text):
            if unfinished(self._ask) and interrupts(text):
                self._spend()
            elif self._ask.got:
                self._ask = Ask(self._ask.kind, firm=False, left=1) if self._ask.firm else None
            else:
                self._ask.fresh = False
                self._ask.words = self._ask.words and not asks_on(text)
                self._spend()

    def _moves_on(self, text: str, found: list[Found]) -> bool:
        """The answer read back, and then another question."""
        return bool(self._ask and self._ask.got) and asks_on(_CHECKS.sub("", text[found[-1].end :]))

    def _count_answer(self, text: str, found: list[Found]) -> None:
        if found and self._ask is not None:
            self._ask.got += sum(len(secret.digits) for secret in found) or 6
            return
        if self._ask is None:
            self._ask = announced_by(text)
        elif not is_backchannel(text):
            self._spend()

    def _spend(self) -> None:
        assert self._ask is not None
        self._ask.left -= 1
        if self._ask.left <= 0:
            self._ask = None


def _complete(kind: Kind, digits: str) -> bool:
    if kind is Kind.PHONE:
        return shape.mobile(digits) or len(digits) >= 12
    if kind is Kind.ID_NUMBER:
        return shape.id_checked(digits)
    return kind is Kind.BANK_CARD and len(digits) >= 19


def _find(text: str, situation: Situation) -> list[Found]:
    """Secrets of `text`, gone over until nothing more shows; positions are of `text` itself."""
    found = _until_none(text, [], situation.language, lambda shown: find(shown, situation))
    return found if situation.agent else _until_none(text, found, situation.language, loose_passwords)


def _until_none(text: str, found: list[Found], language: Language, finds: Callable[[str], list[Found]]) -> list[Found]:
    for _ in range(_PASSES):
        shown, spans = render(text, found, language)
        new = finds(shown)
        if not new:
            break
        found = sorted([*found, *(_moved(secret, spans) for secret in new)], key=lambda one: one.start)
    return found


def _moved(secret: Found, spans: Sequence[Span]) -> Found:
    """A secret of a partly masked text, at its place in the text that came in."""
    before = bisect_right(spans, secret.start, key=lambda span: span.end) - 1
    shift = spans[before].source_end - spans[before].end if before >= 0 else 0
    return replace(secret, start=secret.start + shift, end=secret.end + shift)
