"""What an interim must not show yet: digits that the words still to come may turn into a secret."""

import re

from server.masking import digits as shape
from server.masking.kinds import Language
from server.masking.labels import UNSURE
from server.masking.runs import Run, find_runs
from server.masking.tokens import Sort, Token, tokenize

_MIXED_CHARS = 40
_OPEN_MIXED = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d+[A-Za-z]*\d)[A-Za-z0-9]{3,}[\s.-]*$")
"""Letters and figures at the open end: a document number or a password so far."""
_ASKED = 4
"""Digits of a secret that was asked for, of which fewer may be seen."""


def hide_unsure(text: str, language: Language, *, asked: bool = False) -> str:
    """`text` (already masked) without digit strings read one by one, and without those at its open end.

    `asked`: a secret is being waited for, so four digits of anything but a sum or a time are too many.
    """
    tokens = tokenize(text, eager=False)
    parts, at = [], 0
    for run in find_runs(tokens, eager=False):
        if _unsure(run, tokens, asked):
            parts += [text[at : run.start], UNSURE[language]]
            at = run.end
    end = _open_figures(text, tokens)
    if end is not None and end.start >= at:
        parts += [text[at : end.start], UNSURE[language]]
        at = end.end
    mixed = _OPEN_MIXED.search(text, max(at, len(text) - _MIXED_CHARS))
    if mixed:
        parts += [text[at : mixed.start()], UNSURE[language]]
        at = len(text)
    return "".join([*parts, text[at:]])


def _open_figures(text: str, tokens: list[Token]) -> Token | None:
    """A date, sum or address at the open end, which more figures may turn into something else (415.55…)."""
    last = next((token for token in reversed(tokens) if token.sort is not Sort.GAP), None)
    if last is None or last.sort is not Sort.PLAIN or not text[last.start].isdigit():
        return None
    return last if sum(char.isdigit() for char in text[last.start : last.end]) >= 4 else None


def _unsure(run: Run, tokens: list[Token], asked: bool) -> bool:
    count = run.spoken + run.written
    at_end = all(token.sort in (Sort.GAP, Sort.WEAK) for token in tokens[run.last + 1 :][:8])
    if at_end and len(tokens) - run.last <= 8:
        return len(run.digits) >= 2 and not run.big
    if asked and count >= _ASKED:
        return True
    if shape.yearly(run.digits) or run.plainly_number:
        return False
    return count >= 5 or (run.spoken >= 4 and not run.big)
