"""Making texts comparable: written forms, spoken fillers, numerals, pinyin."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

_CJK = "\u3400-\u9fff\uf900-\ufaff"
_SPACE_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")
_NOT_WORD = re.compile(r"[^\w%]+|_+")

# What people say before they come to the point, in any business. Longest first where one begins another.
_OPENERS = (
    "请问一下|请问|我想问一下|我想问下|想问一下|想问下|问一下|我想咨询一下|我想咨询|想咨询一下|咨询一下|麻烦问一下|麻烦问下|"
    "你好啊|您好啊|你好|您好|喂|哈喽|那个|就是说|就是|这个|然后|是这样的|是这样|嗯|呃|额|啊|哦|哎|诶|唉|"
    "不好意思|打扰一下|打扰了"
)
_LEADING = re.compile(rf"^(?:{_OPENERS}|(?:hi|hello|hey|um|uh|er|well|so|okay|ok|yeah|please|excuse me)\b)\s*")
_FILLER = re.compile(r"[嗯呃额]|\b(?:um+|uh+|er+|erm)\b")

_BUT = re.compile(r"可是|但是|然而|\b(?:but|however)\b", re.IGNORECASE)

_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"〇": "0", "幺": "1", "两": "2"}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = re.compile("[零〇幺一二两三四五六七八九十百千万]+")
_COUNTED = re.compile("[天元块年月号期位个次笔张条岁小分毛折]")


def normalise(text: str) -> str:
    """One written form: NFKC, lower case, punctuation gone, no spaces beside Chinese characters."""
    folded = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).lower())
    return _SPACE_BESIDE_CJK.sub("", folded).strip()


def strip_fillers(text: str) -> str:
    """A normalised text without hesitation sounds and opening courtesies; empty when there is nothing else."""
    rest = _SPACE_BESIDE_CJK.sub("", _FILLER.sub(" ", text)).strip()
    while match := _LEADING.match(rest):
        rest = rest[match.end() :]
    return rest


def arabic(text: str) -> str:
    """Chinese numerals as digits where they count or spell something: 三十天 → 30天, 幺三八 → 138; 一下 stays."""
    return _NUMERAL.sub(lambda match: _numeral(match.group(), text[match.end() : match.end() + 1]), text)


def search_form(text: str) -> str:
    """The form in which texts are searched and encoded: normalised, digits as digits, openers and fillers gone."""
    return arabic(strip_fillers(normalise(text)))


def _numeral(run: str, following: str) -> str:
    spelt = all(c in _DIGITS for c in run)
    if spelt and len(run) > 1:
        return "".join(_DIGITS[c] for c in run)
    counts = bool(_COUNTED.match(following)) or (len(run) > 1 and (run[0] in _DIGITS or run[0] == "十"))
    return str(_value(run)) if counts else run


def _value(run: str) -> int:
    head, separator, tail = run.partition("万")
    if separator:
        return (_value(head) if head else 1) * 10000 + (_value(tail) if tail else 0)
    total, digit = 0, 0
    for c in run:
        if c in _UNITS:
            total += (digit or 1) * _UNITS[c]
            digit = 0
        else:
            digit = int(_DIGITS.get(c, "0"))
    return total + digit


def syllables(text: str) -> list[str]:
    """Tone-less pinyin of a text, one item per Chinese character; other words stay whole.

    Pairs that telephone speech does not tell apart (zh/z, ch/c, sh/s, final n/ng) are written alike.
    """
    from pypinyin import Style, lazy_pinyin  # loads its dictionaries when first imported

    spelt: list[str] = lazy_pinyin(text, style=Style.NORMAL, errors=_words)
    return [_blur(syllable) for syllable in spelt]


def _words(other: str) -> Any:
    """pypinyin takes a list here although its types say otherwise."""
    return other.split()


def pinyin(text: str) -> str:
    """The syllables of a text joined with spaces."""
    return " ".join(syllables(text))


def _blur(syllable: str) -> str:
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    return syllable[:-1] if syllable.endswith("ng") else syllable


def ngrams(items: Sequence[str], longest: int = 3) -> list[str]:
    """All runs of 1 to `longest` neighbouring items, joined with spaces."""
    return [
        " ".join(items[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(items) - size + 1)
    ]


def clauses(text: str) -> list[str]:
    """The clauses of a text, cut at punctuation; a text without any is one clause."""
    return [part for part in (piece.strip() for piece in re.split(r"[，。！？；,.!?;\n]+", text)) if part]


def contrast(text: str) -> tuple[str, str]:
    """A text cut at its last "but": what was granted and what matters; the first is empty without one."""
    matches = list(_BUT.finditer(text))
    return (text[: matches[-1].start()].strip(), text[matches[-1].end() :].strip()) if matches else ("", text)
