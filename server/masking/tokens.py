"""Cut a text into digits, numbers, fillers and the rest, in one pass of one expression."""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from server.masking import lexicon
from server.masking.labels import PLACEHOLDER


class Sort(Enum):
    """What a token is to the search for digits."""

    DIGIT = "digit"
    NUMBER = "number"
    BIG = "big"
    WEAK = "weak"
    GAP = "gap"
    WALL = "wall"
    PLAIN = "plain"
    OTHER = "other"


@dataclass(slots=True)
class Token:
    """Characters `start` to `end`; `written` means figures, not words."""

    start: int
    end: int
    sort: Sort
    digits: str = field(default="", repr=False)
    written: bool = False
    leads: bool = False
    """A slip that may stand before the first digit, being no common word."""
    is_oh: bool = False
    """The English nought, which stands at either end."""


_ZH = "".join(lexicon.ZH_DIGITS)
_POWERS = "".join(lexicon.ZH_POWERS)
_TOKEN = re.compile(
    rf"""
    (?P<wall>{PLACEHOLDER})
    |(?P<plain>
        (?<![\d/.-])\d{{4}}(?P<sep>[-/.])\d{{1,2}}(?P=sep)\d{{1,2}}(?![\d-])
        |(?<![\d/-])\d{{1,2}}/\d{{1,2}}/(?:\d{{4}}|\d{{2}})(?![\d/])
        |(?<![\d:])\d{{1,2}}[:：]\d{{2}}(?:[:：]\d{{2}})?(?![\d:])
        |(?<![\d,])\d{{1,3}}(?:,\d{{3}})+(?:\.\d{{1,2}})?(?![\d,])
        |(?<![\d.+(-])[1-9]\d{{0,7}}\.\d{{1,2}}(?![\d.-])
        |(?<![\d.+(-])[1-9]\d?\.\d{{3,4}}(?![\d.-])
        |(?<![\d/.-])(?:0[1-9]|1[0-2])/(?:20)?\d\d(?![\d/-])
        |(?<![\d.])0\.\d{{1,4}}(?![\d.-])
        |(?<![\d.])(?!(?:\d\d\.){{3}}\d\d(?!\d))\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?!\d|\.\d)
        |[¥￥$€£]\s?\d[\d,.]{{0,12}}
        |百分之[{_ZH}{_POWERS}点]{{1,12}}
      )
    |(?P<checked>\d+[XxＸｘ](?![A-Za-z0-9]))
    |(?P<latin>[A-Za-z0-9]*[A-Za-z](?:[A-Za-z0-9]|'(?=[A-Za-z]))*)
    |(?P<figures>\d+)
    |(?P<times>[二两三四五六七八九2-9](?:个|連|连)[{_ZH}\d](?![\d{_POWERS}个月天年人号位点块元岁期次分小]))
    |(?P<number>(?:[{_ZH}]?[{_POWERS}])(?:零?[{_ZH}]?[{_POWERS}]){{0,12}}(?:零?[一二三四五六七八九](?![{_POWERS}]))?)
    |(?P<word>一(?=[直下样些定般起共边旦切向致律概遍])(?<![{_ZH}{_POWERS}\d]一)(?<![{_ZH}{_POWERS}\d]\s一))
    |(?P<zh>[{_ZH}])
    |(?P<check>艾克斯|埃克斯|爱克斯|[叉Ｘｘ])
    |(?P<filler>{"|".join(lexicon.ZH_FILLERS)})
    |(?P<space>[ \t　]+)
    |(?P<line>[\n\r])
    |(?P<break>[。！？!?;；])
    |(?P<gap>[-‐‑–—_.·,，、/()（）*+:：~～－…])
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_DATE = re.compile(r"(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])")
_SORTS = {"wall": Sort.WALL, "break": Sort.PLAIN}
_MANY_FIGURES = re.compile(r"\d{9}")
_EXTENSION = re.compile(r"\d{3,5}x\d{2,5}")


@cache
def sound(char: str) -> str:
    """The blurred syllable of one Chinese character, or the character in small letters."""
    from kb.text import syllables

    if not "\u4e00" <= char <= "\u9fff":
        return char.lower()
    return (syllables(char) or [char])[0]


@cache
def _digit_sounds() -> dict[str, str]:
    """Syllables that could be a digit, as spoken digits and as recognizers slip."""
    sounds = {sound(char): digit for char, digit in (lexicon.ZH_DIGITS | lexicon.ZH_SLIPS).items()}
    return sounds | {"san": "3", "sai": "4", "niu": "6", "liou": "6", "pa": "8", "bai": "8", "xi": "7", "you": "9"}


def tokenize(text: str, *, eager: bool) -> list[Token]:
    """Tokens that cover `text`. `eager` believes every syllable that sounds like a digit, and dates are digits too."""
    tokens = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        token = _token(match, eager)
        tokens.append(token)
        at = token.end
    return _join_english(tokens, text)


def _token(match: re.Match[str], eager: bool) -> Token:
    group, value = match.lastgroup or "other", match.group()
    start, end = match.span()
    if group == "plain":
        return _plain(value, start, end, eager)
    if group in ("figures", "checked"):
        return Token(start, end, Sort.DIGIT, _ascii(value), written=True)
    if group in ("zh", "times"):
        digit = lexicon.ZH_DIGITS.get(value[-1], value[-1])
        times = int(lexicon.ZH_DIGITS.get(value[0], value[0])) if group == "times" else 1
        return Token(start, end, Sort.DIGIT, digit * times)
    if group == "number":
        return _zh_number(value, start, end)
    if group == "word":
        return Token(start, end, Sort.OTHER)
    if group == "check":
        return Token(start, end, Sort.WEAK, "X")
    if group == "latin":
        return _latin(value, start, end)
    if group == "other":
        return _other(value, start, end, eager)
    return Token(start, end, _SORTS.get(group, Sort.GAP))


def _plain(value: str, start: int, end: int, eager: bool) -> Token:
    figures = _ascii(value)
    if _DATE.fullmatch(value):
        return Token(start, end, Sort.PLAIN)
    if eager and figures and value[0].isdigit() and len(figures) >= 6 and "," not in value and value.count("/") != 1:
        return Token(start, end, Sort.DIGIT, figures, written=True)
    return Token(start, end, Sort.PLAIN)


def _ascii(value: str) -> str:
    """Figures of any script as ASCII, and X."""
    if value.isascii() and value.isdigit():
        return value
    figures = ("X" if char in "XxＸｘ" else str(unicodedata.decimal(char, "")) for char in value)
    return "".join(figures)


def _zh_number(value: str, start: int, end: int) -> Token:
    big = any(char in "千仟万亿" for char in value)
    total, digit = 0, 1 if value[0] in lexicon.ZH_POWERS else 0
    for char in value:
        if char in lexicon.ZH_POWERS:
            total += digit * lexicon.ZH_POWERS[char]
            digit = 0
        else:
            digit = int(lexicon.ZH_DIGITS[char])
    return Token(start, end, Sort.BIG if big else Sort.NUMBER, str(total + digit))


def _latin(value: str, start: int, end: int) -> Token:
    word = value.lower()
    figures = "".join(char for char in value if char.isdigit())
    if _MANY_FIGURES.search(value) or _EXTENSION.fullmatch(word):
        return Token(start, end, Sort.DIGIT, figures, written=True)
    if word in lexicon.EN_DIGITS:
        return Token(start, end, Sort.DIGIT, lexicon.EN_DIGITS[word])
    if word in lexicon.EN_TEENS or word in lexicon.EN_TENS:
        return Token(start, end, Sort.NUMBER, lexicon.EN_TEENS.get(word) or lexicon.EN_TENS[word] + "0")
    if word in lexicon.EN_BIG:
        return Token(start, end, Sort.BIG)
    if word in lexicon.EN_SLIPS:
        return Token(start, end, Sort.WEAK, lexicon.EN_SLIPS[word], is_oh=word in ("oh", "o"))
    if word == "x":
        return Token(start, end, Sort.WEAK, "X")
    return Token(start, end, Sort.GAP if word in lexicon.EN_FILLERS or word in lexicon.EN_REPEAT else Sort.OTHER)


def _other(value: str, start: int, end: int, eager: bool) -> Token:
    cjk = "\u4e00" <= value <= "\u9fff"
    if not cjk and (circled := unicodedata.digit(value, -1)) >= 0:
        return Token(start, end, Sort.DIGIT, str(circled), written=True)
    if not cjk and value not in "%％$€£￥¥[]\"'“”" and unicodedata.category(value)[0] in "SPMC":
        return Token(start, end, Sort.GAP)
    digit = lexicon.ZH_SLIPS.get(value)
    if digit is None and eager and cjk:
        digit = _digit_sounds().get(sound(value))
    return (
        Token(start, end, Sort.WEAK, digit, leads=value in lexicon.ZH_LEADING_SLIPS)
        if digit is not None
        else Token(start, end, Sort.OTHER)
    )


def _join_english(tokens: list[Token], text: str) -> list[Token]:
    """`forty two` is one number, `double four` two digits."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-2] if len(joined) >= 2 and joined[-1].sort is Sort.GAP else None
        spelt = token.sort in (Sort.DIGIT, Sort.WEAK) and not token.written and len(token.digits) == 1
        if before is not None and spelt:
            word = text[before.start : before.end].lower()
            times = lexicon.EN_REPEAT.get(word)
            if times or (word in lexicon.EN_TENS and token.sort is Sort.DIGIT and token.digits != "0"):
                digits = token.digits * times if times else lexicon.EN_TENS[word] + token.digits
                sort = Sort.DIGIT if times else Sort.NUMBER
                joined[-2:] = [Token(before.start, token.end, sort, digits)]
                continue
        joined.append(token)
    return joined
