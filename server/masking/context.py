"""What a conversation says about the digits to come: keywords, and what the other side asked for."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from server.masking import lexicon
from server.masking.labels import PLACEHOLDER
from server.masking.tokens import sound

OTHER = "other"
_REACH_ZH, _REACH_EN, _REACH_AFTER = 14, 30, 16
_PLACEHOLDER = re.compile(PLACEHOLDER.replace("[ ]", " "))
_BACKCHANNEL = re.compile(lexicon.BACKCHANNEL, re.IGNORECASE)
_TAIL = re.compile(lexicon.TAIL, re.IGNORECASE)
_IS = re.compile(r"[是为:： 号码]{0,6}|\s*(?:number)?\s*(?:is|:)?\s*", re.IGNORECASE)
_ANNOUNCE = re.compile(lexicon.ANNOUNCE, re.IGNORECASE)
_ENDS = re.compile(r"[。！？\n!?]|(?<!\d)\.\s")


@dataclass(frozen=True, slots=True)
class Mention:
    """A keyword at characters `start` to `end`; `kind` is `other` for numbers that are no secret."""

    start: int
    end: int
    kind: str


@cache
def _keywords() -> tuple[re.Pattern[str], dict[str, str]]:
    """One expression for all keywords over a folded text, and the character that stands for each syllable."""
    chinese = [word for words, _ in lexicon.KEYWORDS.values() for word in words.split()]
    fold: dict[str, str] = {}
    for char in "".join(chinese):
        fold.setdefault(sound(char), char)
    branches = []
    for kind, (words, english) in lexicon.KEYWORDS.items():
        folded = ["".join(fold[sound(char)] for char in word) for word in sorted(words.split(), key=len, reverse=True)]
        branches.append(rf"(?P<{kind}>{'|'.join(folded)}|(?<![a-z])(?:{english})(?![a-z]))")
    return re.compile("|".join(branches)), fold


def mentions(text: str) -> list[Mention]:
    """Keywords of a text in order, also where a recognizer wrote other characters of the same sound."""
    pattern, fold = _keywords()
    folded = "".join(fold.get(sound(char), char.lower()) if char > "\u2fff" else char.lower() for char in text)
    if len(folded) != len(text):
        folded = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    folded = _PLACEHOLDER.sub(lambda match: "\x00" * len(match.group()), folded)
    found: list[Mention] = []
    for match in pattern.finditer(folded):
        # 发票号码, passport number: the first word says whose number it is.
        if not (found and match.start() - found[-1].end <= 1 and match.group() in ("号码", "电话", "number")):
            found.append(Mention(*match.span(), match.lastgroup or OTHER))
        elif match.group() != "电话" or found[-1].kind == OTHER:
            found[-1] = Mention(found[-1].start, match.end(), found[-1].kind)
    return found


class Around:
    """Keywords near a place in one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.mentions = mentions(text)
        self._ends = [mention.end for mention in self.mentions]
        self._starts = [mention.start for mention in self.mentions]

    def before(self, place: int) -> Mention | None:
        """The last keyword before `place`, if nothing but a short stretch of the same sentence is between."""
        at = bisect_left(self._ends, place + 1) - 1
        if at < 0:
            return None
        mention = self.mentions[at]
        between = self._text[mention.end : place] if place - mention.end <= _REACH_EN else None
        if (
            between is None
            or (_ENDS.search(between) and between.strip(" :：\n"))
            or (len(between) > _REACH_ZH and not between.isascii())
        ):
            return None
        return mention

    def after(self, place: int) -> Mention | None:
        """The first keyword shortly after `place` that says what came before (`… is my PIN`, …是我的密码)."""
        at = bisect_left(self._starts, place)
        if at >= len(self.mentions) or self.mentions[at].start - place > _REACH_AFTER:
            return None
        between = self._text[place : self.mentions[at].start]
        return self.mentions[at] if re.search(r"是|\bis\b|^\s*(?:这个|这张|that)", between) else None

    def direct(self, place: int) -> bool:
        """Whether a keyword stands right before `place`, with no more than an `is` between."""
        mention = self.before(place)
        return mention is not None and _IS.fullmatch(self._text[mention.end : place]) is not None

    def tail_named(self, place: int) -> bool:
        """Whether the four digits at `place` are announced as the last four."""
        return _TAIL.search(self._text[max(0, place - 40) : place]) is not None


def is_backchannel(text: str) -> bool:
    """Nothing but a nod (嗯, 好的您继续, mm-hmm)."""
    short = text.strip()
    return len(short) <= 40 and _BACKCHANNEL.fullmatch(short) is not None


def announced(text: str) -> int | None:
    """Where a voice says that digits follow (我念一下), None where it does not."""
    match = _ANNOUNCE.search(text)
    return match.end() if match else None
