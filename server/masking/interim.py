"""What an interim must not show yet: digits that the words still to come may turn into a secret."""

from server.masking import digits as shape
from server.masking.kinds import Language
from server.masking.labels import UNSURE
from server.masking.runs import Run, find_runs
from server.masking.tokens import Sort, Token, tokenize


def hide_unsure(text: str, language: Language) -> str:
    """`text` (already masked) without digit strings read one by one, and without those at its open end."""
    tokens = tokenize(text, eager=False)
    parts, at = [], 0
    for run in find_runs(tokens, eager=False):
        if _unsure(run, tokens):
            parts += [text[at : run.start], UNSURE[language]]
            at = run.end
    end = _open_figures(text, tokens)
    if end is not None and end.start >= at:
        parts += [text[at : end.start], UNSURE[language]]
        at = end.end
    return "".join([*parts, text[at:]])


def _open_figures(text: str, tokens: list[Token]) -> Token | None:
    """A date, sum or address at the open end, which more figures may turn into something else (415.55…)."""
    last = next((token for token in reversed(tokens) if token.sort is not Sort.GAP), None)
    if last is None or last.sort is not Sort.PLAIN or not text[last.start].isdigit():
        return None
    return last if sum(char.isdigit() for char in text[last.start : last.end]) >= 4 else None


def _unsure(run: Run, tokens: list[Token]) -> bool:
    count = run.spoken + run.written
    at_end = all(token.sort in (Sort.GAP, Sort.WEAK) for token in tokens[run.last + 1 :][:8])
    if at_end and len(tokens) - run.last <= 8:
        return len(run.digits) >= 2 and not run.big
    if shape.yearly(run.digits) or run.plainly_number:
        return False
    return count >= 5 or (run.spoken >= 4 and not run.big)
