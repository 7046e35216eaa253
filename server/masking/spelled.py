"""Passwords, codes and document numbers that are spelled: letters, cases, symbols by name and digits in a row."""

import re
from dataclasses import dataclass

from server.masking import lexicon

_ZH_DIGIT = "".join(lexicon.ZH_DIGITS) + "".join(lexicon.ZH_POWERS)
_EN_NUMBER = "|".join([*lexicon.EN_DIGITS, *lexicon.EN_TEENS, *lexicon.EN_TENS, *lexicon.EN_REPEAT, "oh", "hundred"])
_SAID_OF_ONESELF = (
    r"have|think|am|was|do|don't|can|can't|need|want|believe|guess|just|got|know|hope|mean|see|said|told"
    r"|read|tried|will|would|keep|still|already|also|only|forgot"
)
_LETTER = (
    rf"(?!i\s+(?:{_SAID_OF_ONESELF})\b)"
    r"(?<![A-Za-z0-9'’])[A-Za-z](?![A-Za-z'’])(?:\s+(?:as in|for|like|as)\s+[A-Za-z]{2,12}\b)?"
)
_UNIT = re.compile(
    rf"""
    (?P<case>\b(?:{lexicon.EN_CASES})\b|{lexicon.ZH_CASES})
    |(?P<symbol>\b(?:{lexicon.EN_SYMBOLS})\b|{lexicon.ZH_SYMBOLS})
    |(?P<mixed>(?<![A-Za-z0-9])(?=[A-Za-z]{{0,12}}\d)(?=\d{{0,20}}[A-Za-z])[A-Za-z0-9]{{2,40}}
        |(?<![A-Za-z0-9])[A-Z]{{2,5}}(?=[\s-]?[\d零〇幺一二两三四五六七八九])(?!\s?[a-z]))
    |(?P<letter>{_LETTER}|\b(?:{lexicon.NATO})\b)
    |(?P<date>(?:19|20)(?<!\d\d\d)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?!\d))
    |(?P<digit>\d+|(?!一[直下样些定般共旦切])[{_ZH_DIGIT}]|\b(?:{_EN_NUMBER})\b)
    |(?P<gap>[\s,，、.\-–—·_/()（）]+|嗯|呃|啊|然后|\b(?:uh|um|and|then|no|sorry|(?:the )?(?:letter|number)s?)\b
        |字母|数字|的)
    |(?P<sign>[!@\#$%^&*+=?~])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_UPPER_ONLY = re.compile(r"[A-Z]{2,5}$")
_MAX_GAP = 20


@dataclass(slots=True)
class Spelled:
    """A row of spelled characters; counts of its units."""

    start: int
    end: int
    letters: int = 0
    digits: int = 0
    symbols: int = 0
    cases: int = 0

    @property
    def size(self) -> int:
        """Characters spelled, roughly."""
        return self.letters + self.digits + self.symbols


def rows(text: str) -> list[Spelled]:
    """Rows of spelled characters in order, among them rows of mere digits. Linear in the length of the text."""
    found: list[Spelled] = []
    row: Spelled | None = None
    at = 0
    for match in _UNIT.finditer(text):
        group = match.lastgroup or ""
        between = match.start() > at
        at = match.end()
        if between or (row is not None and match.start() - row.end > _MAX_GAP):
            row = None
        if group == "gap":
            continue
        if group == "date":
            row = None
            continue
        if group == "mixed" and match.group().isalpha() and not _UPPER_ONLY.match(match.group()):
            row = None
            continue
        if row is None:
            row = Spelled(match.start(), match.end())
            found.append(row)
        row.end = match.end()
        _count(row, group, match.group())
    return found


def _count(row: Spelled, group: str, value: str) -> None:
    if group == "mixed":
        row.letters += sum(char.isalpha() for char in value)
        row.digits += sum(char.isdigit() for char in value)
    elif group == "digit":
        row.digits += len(value) if value.isdigit() else 1
    elif group in ("symbol", "sign"):
        row.symbols += 1
    elif group == "letter":
        row.letters += 1
    else:
        row.cases += 1
