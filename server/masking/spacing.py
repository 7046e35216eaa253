"""Texts of recognizers that put a space after every Chinese word, without those spaces."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.masking import lexicon
from server.masking.kinds import Found

_DIGIT = "".join(lexicon.ZH_DIGITS) + "".join(lexicon.ZH_POWERS)
_CJK = re.compile(r"[\u4e00-\u9fff]")
_SPACE = re.compile(
    rf"(?<=[\u4e00-\u9fff])(?:(?<![{_DIGIT}])[ \u3000]+|[ \u3000]+(?![{_DIGIT} \u3000]))(?=[\u4e00-\u9fff])"
)
_WORD = 3
"""Characters of a word on average, up to which the spaces of a text are taken for the recognizer's."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A text without spaces between words; `cuts` are (place in it, characters left out before that place)."""

    text: str = field(repr=False)
    cuts: Sequence[tuple[int, int]] = ()

    def opened(self, found: Sequence[Found]) -> list[Found]:
        """Secrets of the closed text at their places in the text that came in."""
        return [replace(one, start=self._place(one.start), end=self._place(one.end - 1) + 1) for one in found]

    def _place(self, place: int) -> int:
        at = bisect_right(self.cuts, place, key=lambda cut: cut[0]) - 1
        return place + (self.cuts[at][1] if at >= 0 else 0)


def close(text: str) -> Closed:
    """`text` without the spaces between Chinese words, save those between digits, which tell groups apart.

    A text with few spaces is left alone: there a space is punctuation.
    """
    spaces = list(_SPACE.finditer(text))
    if not spaces or len(_CJK.findall(text)) > _WORD * (text.count(" ") + 1):
        return Closed(text)
    parts, cuts, at, left_out, length = [], [], 0, 0, 0
    for space in spaces:
        parts.append(text[at : space.start()])
        length += space.start() - at
        left_out += space.end() - space.start()
        cuts.append((length, left_out))
        at = space.end()
    return Closed("".join([*parts, text[at:]]), cuts)
