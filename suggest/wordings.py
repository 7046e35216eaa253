"""Which edits of a reply say the same, and what they say once what was one customer's own is taken out."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

ALIKE = 0.9
"""Least edit similarity, 0..1, of two edits that count as the same."""
LEAST_EDITS = 3
LEAST_AGENTS = 2
NUMBER = "{number}"
"""Stands for a number that was not the same in all edits."""
_SLOT = re.compile(r"\{[a-z_]+\}")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_BLANK = re.compile(r"\{[a-z_]+\}|\d+(?:[.,]\d+)*|\[[^\]]*\]|[\s\W]+")


@dataclass(frozen=True)
class Edit:
    """What an agent made of a reply."""

    text: str
    by: str
    at: float


@dataclass(frozen=True)
class Wording:
    """Edits that say the same. `text` is the one that is most like all others."""

    text: str
    count: int
    agents: int
    last_at: float


def unfilled(text: str, template: str, shown: str) -> str:
    """An edited text with the article's slots back in it, where what `shown` had in them stands in the text."""
    names = _SLOT.findall(template)
    parts = [re.escape(part) for part in _SLOT.split(template)]
    found = re.fullmatch("(.+?)".join(parts), shown, re.DOTALL) if names else None
    if found is None:
        return text
    for name, value in sorted(zip(names, found.groups(), strict=True), key=lambda pair: -len(pair[1])):
        if not _SLOT.fullmatch(value):
            text = text.replace(value, name)
    return text


def wordings(edits: Sequence[Edit], replies: Sequence[str]) -> list[Wording]:
    """The wordings that enough agents came to, the most frequent first; none that says what one of `replies` says."""
    groups: list[list[Edit]] = []
    for edit in sorted(edits, key=lambda one: (one.at, one.text)):
        plain = _plain(edit.text)
        mine = next((group for group in groups if _alike(plain, _plain(group[0].text)) >= ALIKE), None)
        if mine is None:
            groups.append([edit])
        else:
            mine.append(edit)
    old = {_plain(reply) for reply in replies}
    found = [_wording(group, replies) for group in groups if _enough(group)]
    return sorted((w for w in found if _plain(w.text) not in old), key=lambda w: (-w.count, -w.last_at, w.text))


def _enough(group: Sequence[Edit]) -> bool:
    return len(group) >= LEAST_EDITS and len({edit.by for edit in group}) >= LEAST_AGENTS


def _wording(group: Sequence[Edit], replies: Sequence[str]) -> Wording:
    counted = Counter(edit.text for edit in group)
    texts = sorted(counted)
    likest = max(texts, key=lambda text: sum(n * _alike(text, other) for other, n in counted.items()))
    return Wording(
        text=_without_numbers(likest, texts, replies),
        count=len(group),
        agents=len({edit.by for edit in group}),
        last_at=max(edit.at for edit in group),
    )


def _without_numbers(text: str, edits: Sequence[str], replies: Sequence[str]) -> str:
    """The text without the numbers of one conversation: what the replies do not say, and not every edit says."""
    known = {number for reply in replies for number in _DIGITS.findall(reply)}
    said = set.intersection(*(set(_DIGITS.findall(edit)) for edit in edits))
    return _DIGITS.sub(lambda found: found[0] if found[0] in known | said else NUMBER, text)


def _plain(text: str) -> str:
    return _BLANK.sub("", text.lower())


def _alike(one: str, other: str) -> float:
    return float(Levenshtein.normalized_similarity(one, other))
