"""Passwords of a conversation that are said again, by anyone."""

import re
from collections.abc import Sequence

from server.masking.kinds import Found, Kind

_KEPT = re.compile(r"[\w]")
_ASCII_LEAST, _CJK_LEAST = 4, 2


def folded(text: str) -> str:
    """Letters and digits of a secret in small letters, empty where it is too short to be told from talk."""
    said = "".join(_KEPT.findall(text.lower()))
    return said if len(said) >= (_ASCII_LEAST if said.isascii() else _CJK_LEAST) else ""


def repeats(text: str, known: Sequence[str], found: list[Found]) -> list[Found]:
    """`found` with the places added where a known password (see `folded`) stands in `text`."""
    if not known:
        return found
    places = [match.start() for match in _KEPT.finditer(text) if len(match.group().lower()) == 1]
    said = "".join(text[place].lower() for place in places)
    added = list(found)
    for word in set(known):
        at = said.find(word)
        while at >= 0:
            start, end = places[at], places[at + len(word) - 1] + 1
            if _stands_alone(text, start, end) and all(end <= one.start or start >= one.end for one in added):
                added.append(Found(start, end, Kind.PASSWORD))
            at = said.find(word, at + len(word))
    return sorted(added, key=lambda one: one.start)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """No part of a longer English word."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_letters(before, text[start]) or _letters(text[end - 1], after))


def _letters(left: str, right: str) -> bool:
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()


def merged(found: list[Found], extra: list[Found]) -> list[Found]:
    """Both in order, what overlaps as one; a number keeps its tail where nothing is added to it."""
    merged: list[Found] = []
    for secret in sorted([*found, *extra], key=lambda one: (one.start, -one.end)):
        last = merged[-1] if merged else None
        if last is None or secret.start >= last.end:
            merged.append(secret)
        elif secret.end > last.end:
            merged[-1] = Found(last.start, secret.end, last.kind, last.digits + secret.digits)
        elif secret.digits and not last.digits:
            merged[-1] = Found(last.start, last.end, last.kind, secret.digits)
    return merged
