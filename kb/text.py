"""Making texts comparable: written forms, spoken fillers, numerals, pinyin."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from kb.numbers import arabic, english_digits, letters_joined

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

_COUNTS = "零〇幺一二两三四五六七八九十百千万亿"
_WORD = rf"(?:(?![{_COUNTS}])[{_CJK}])"
# Numbers are said digit by digit, so equal digits side by side are no slip of the tongue.
_REPEATED = re.compile(rf"({_WORD}{{2,6}}?)\1+|({_WORD})\2{{2,}}|\b([a-z']+)(?: \3\b)+")

_BUT = re.compile(r"可是|但是|然而|\b(?:but|however)\b", re.IGNORECASE)


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


def search_form(text: str) -> str:
    """The form in which texts are searched and encoded: normalised, numbers as digits, openers, fillers and what was
    said twice gone."""
    return figures(without_repeats(strip_fillers(normalise(text))))


def without_repeats(text: str) -> str:
    """A normalised text whose words are said once: "怎么怎么还款" → "怎么还款", "I I want to" → "i want to".

    A Chinese character said twice is a word of its own ("天天"); three of them are not.
    """
    return _REPEATED.sub(lambda match: match[1] or match[2] or match[3], text)


def figures(text: str) -> str:
    """A normalised text with numbers as digits and spelt words in one piece."""
    return english_digits(arabic(letters_joined(text)))


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
