"""What a turn asks the other side to say, and how long the question stays open."""

import re
from dataclasses import dataclass

from server.masking import answer_words as words
from server.masking import lexicon
from server.masking.context import OTHER, Mention, announced, mentions
from server.masking.kinds import SECRET, Kind

_ASK = re.compile(f"{lexicon.ZH_ASK}|\\b(?:{lexicon.EN_ASK})", re.IGNORECASE)
_FORBID = re.compile(lexicon.FORBID, re.IGNORECASE)
_GENERIC = re.compile(lexicon.GENERIC_ASK, re.IGNORECASE)
_COUNT = re.compile(lexicon.COUNT_ASK, re.IGNORECASE)
_LAST_FOUR = re.compile(lexicon.LAST_FOUR, re.IGNORECASE)
_QUESTION = re.compile(words.QUESTION, re.IGNORECASE)
_STATUS = re.compile(words.STATUS, re.IGNORECASE)
_CONTENT = re.compile(words.CONTENT, re.IGNORECASE)
_WHICH = re.compile(r"\b(?:what|which|who|where)\b|是谁|(?<!为)什么|啥|哪", re.IGNORECASE)
_RETRY = re.compile(lexicon.RETRY, re.IGNORECASE)
_BUSINESS, _SECURITY = re.compile(words.BUSINESS, re.IGNORECASE), re.compile(words.SECURITY, re.IGNORECASE)
_READ = re.compile(r"what are|read|tell me|念|报一|报给", re.IGNORECASE)
_ANDS = re.compile(r"[和跟与及、,，]|and|then")
_NEXT = re.compile(lexicon.NEXT_QUESTION, re.IGNORECASE)
_SHORT_ZH, _SHORT_EN = 12, 45
_LINE = re.compile(lexicon.LINE_CHECK, re.IGNORECASE)
_LENGTHS = {Kind.BANK_CARD: 15, Kind.ID_NUMBER: 15, Kind.PHONE: 10, Kind.CODE: 4, Kind.CVV: 3}
"""Digits below which an answer is sure to go on."""
_FIRM_ONCE_NAMED = SECRET | {Kind.ID_NUMBER, Kind.BANK_CARD}


@dataclass(slots=True)
class Ask:
    """What was asked for. `firm`: the answer is hidden whatever it is; else digits of it are believed sooner."""

    kind: Kind | None
    firm: bool
    left: int = 6
    """Turns without an answer until it is forgotten."""
    got: int = 0
    """Digits or characters heard in answer."""
    fresh: bool = True
    """Nothing else was said by the asking side since."""
    tail: bool = False
    """Only the last four were asked for."""
    words: bool = False
    """The answer may be any words: a password or what a security question asks for."""
    other: bool = False
    """Something that is no secret was asked for (an expiry date, how many digits there are)."""
    also: tuple[Kind, ...] = ()
    """Other kinds that the same turn asked for."""
    more: bool = False
    """Something that is no secret was asked for in the same turn, after it."""
    counting: bool = False
    """The last thing asked was how long it is, so that a lone number is no part of it."""


def read_ask(text: str, before: Ask | None = None) -> Ask | None:
    """What a turn asks the other side to say, None if nothing; `before` is the question open until now."""
    named = mentions(text)
    kinds = tuple(dict.fromkeys(Kind(mention.kind) for mention in named if mention.kind != OTHER))
    tail = _LAST_FOUR.search(text) is not None
    if _QUESTION.search(text) and not _of_business(text) and _wants_words(text, known=True):
        return Ask(Kind.PASSWORD, firm=True, words=True)
    if not kinds:
        return _unnamed(text, before, tail=tail, other=bool(named))
    main = tuple(kind for kind in kinds if kind is not Kind.PHONE) or kinds
    if _COUNT.search(text) and not _READ.search(text):
        return Ask(main[-1], firm=False, counting=True)
    if named[-1].kind == OTHER and _asks(text) and (_of_the_same(text, named) or not _asks(text[: named[-1].start])):
        return Ask(None, firm=False, other=True)
    firm = _asks(text) and not _FORBID.search(text)
    spelt = firm and Kind.PASSWORD in kinds and _wants_words(text)
    kind = Kind.PASSWORD if spelt else main[-1]
    more = named[-1].kind == OTHER
    return Ask(kind, firm=firm, tail=tail, words=spelt, also=tuple(k for k in kinds if k is not kind), more=more)


def _of_business(text: str) -> bool:
    """What a customer likes best of a bank's products is no security question."""
    return _BUSINESS.search(text) is not None and not _SECURITY.search(text)


def _of_the_same(text: str, named: list[Mention]) -> bool:
    """信用卡有效期: the last word says what of it."""
    between = text[named[-2].end : named[-1].start].strip()
    return len(between) <= 2 and not _ANDS.search(between)


def _unnamed(text: str, before: Ask | None, *, tail: bool, other: bool) -> Ask | None:
    known = before is not None and before.kind in SECRET
    if _COUNT.search(text):
        return Ask(before.kind if before else None, firm=False, counting=True)
    if tail and not known and _asks(text):
        return Ask(before.kind if before else None, firm=False, tail=True)
    if other:
        return Ask(None, firm=False, other=True) if _asks(text) else None
    if before is not None and before.kind is not None and _RETRY.search(text):
        return Ask(None, firm=True)
    if len(text) <= 60 and (_GENERIC.search(text) or tail):
        return Ask(None, firm=True)
    return None


def _asks(text: str) -> bool:
    short = len(text.strip()) <= (_SHORT_EN if text.isascii() else _SHORT_ZH)
    return _ASK.search(text) is not None or short or _GENERIC.search(text) is not None


def _wants_words(text: str, *, known: bool = False) -> bool:
    """Asks for the content (口令是多少, your security word), not how things stand (密码还记得吗)."""
    if _FORBID.search(text):
        return False
    if _CONTENT.search(text) or (known and _WHICH.search(text)):
        return not _COUNT.search(text)
    return not _STATUS.search(text) and not _COUNT.search(text) and (known or _asks(text))


def follow_up(ask: Ask) -> Ask:
    """A question without a name (继续, read it again) under the open one."""
    return Ask(ask.kind, firm=True, words=ask.words, also=ask.also)


def asks_on(text: str) -> bool:
    """A question about something else, after which words are no answer to the one before."""
    return _NEXT.search(text) is not None


def unfinished(ask: Ask | None) -> bool:
    """An answer of known length has begun and digits of it are still to come."""
    return ask is not None and 0 < ask.got < _LENGTHS.get(ask.kind or Kind.CODE, 0)


def interrupts(text: str) -> bool:
    """A turn that asks nothing new: comfort, a check of the line, a wait."""
    return not asks_on(_LINE.sub("", text))


def announced_by(text: str) -> Ask | None:
    """A voice that names a secret may say it next; one that breaks off after the name will."""
    place = announced(text)
    if place is not None and len(text) - place <= 6:
        return Ask(None, firm=True, left=2)
    named = [mention for mention in mentions(text) if mention.kind != OTHER]
    if not named:
        return None
    kind = Kind(named[-1].kind)
    breaks_off = len(text.rstrip(" ，,。.:：是")) - named[-1].end <= 4
    said = re.search(r"(?:是|为|\bis|[:：])\s*$", text) is not None
    return Ask(
        kind, firm=breaks_off and kind in _FIRM_ONCE_NAMED, left=2, words=said and breaks_off and kind is Kind.PASSWORD
    )
