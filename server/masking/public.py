"""Numbers of a conversation that are no secret: orders, tickets and staff numbers, said under their name."""

import re

from server.masking import digits as shape
from server.masking import lexicon
from server.masking.context import OTHER, Around
from server.masking.runs import find_runs
from server.masking.tokens import tokenize

_FIGURES = re.compile(
    rf"(?:[\d{''.join(lexicon.ZH_DIGITS)}]\s?){{3}}|\b(?:{'|'.join(lexicon.EN_DIGITS)})\b", re.IGNORECASE
)
_LEAST, _MOST = 3, 15


def public_numbers(text: str, *, asked: bool) -> list[str]:
    """Digits of `text` that stand right after the name of a public number; any that were `asked` for as one."""
    if not _FIGURES.search(text):
        return []
    around = Around(text)
    if not asked and all(mention.kind != OTHER for mention in around.mentions):
        return []
    tokens = tokenize(text, eager=False)
    return [
        run.digits
        for run in find_runs(tokens, eager=False)
        if _LEAST <= len(run.digits) <= _MOST
        and not (shape.mobile(run.digits) or shape.card(run.digits) or shape.id_like(run.digits))
        and (before := around.before(run.start), before.kind == OTHER if before else asked)[1]
    ]
