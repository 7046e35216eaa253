"""Where one secret ends and the next begins in a stretch of digits, and which slips at its edges are talk."""

from server.masking import digits as shape
from server.masking.kinds import SECRET, Kind
from server.masking.runs import Run, run_of
from server.masking.tokens import Sort, Token

_MOST = 60
"""Digits beyond which nothing is split: no two secrets are that long."""
_SHORT = (3, 4, 6, 8)
_CODE_LENGTHS = (4, 6, 8)


def split_secrets(tokens: list[Token], run: Run) -> list[Run]:
    """A run that holds a whole card, identity or mobile number and more, in parts; else the run alone."""
    digits = run.digits
    if shape.id_head(digits) and len(digits) <= 19:
        return [run]
    if not 14 <= len(digits) <= _MOST or certain(digits):
        return [run]
    part = digit_tokens(tokens, run)
    places = _places(tokens, part)
    best = max(places, key=lambda place: _worth(digits, *place), default=None)
    if best is None or _worth(digits, *best) <= 0:
        return [run]
    at = best[0]
    return [run_of(tokens, part[:at]), *split_secrets(tokens, run_of(tokens, part[at:]))]


def split_lines(tokens: list[Token], run: Run, text: str) -> list[Run]:
    """A run over several lines as one run a line, unless the lines make one number together."""
    if "\n" not in text[run.start : run.end] or certain(run.digits):
        return [run]
    lines: list[list[int]] = [[]]
    end = run.start
    for index in digit_tokens(tokens, run):
        if "\n" in text[end : tokens[index].start]:
            lines.append([])
        lines[-1].append(index)
        end = tokens[index].end
    return [run_of(tokens, line) for line in lines if line]


def digit_tokens(tokens: list[Token], run: Run) -> list[int]:
    """Indices of the tokens of a run that hold digits."""
    return [index for index in range(run.first, run.last + 1) if tokens[index].digits or tokens[index].sort is Sort.BIG]


def certain(digits: str) -> bool:
    """One whole number by its check digit or prefix."""
    return shape.id_checked(digits) or shape.mobile(digits) or (len(digits) in (15, 16, 19) and shape.card(digits))


def _places(tokens: list[Token], part: list[int]) -> list[tuple[int, int, int]]:
    """(index in `part` to cut before, digits before it, tokens skipped there)."""
    places, count = [], 0
    for at in range(1, len(part)):
        count += len(tokens[part[at - 1]].digits)
        places.append((at, count, part[at] - part[at - 1]))
    return places


def _worth(digits: str, _: int, count: int, gap: int) -> int:
    left, right = digits[:count], digits[count:]
    if certain(left):
        return 40 + gap if certain(right) else (10 + gap if len(right) in _SHORT and gap > 1 else 5 * (len(right) > 10))
    return 20 + gap if certain(right) and len(left) in _SHORT and gap > 1 else 0


def split_change(tokens: list[Token], run: Run) -> list[Run]:
    """`from 1234 to 5678` at the `to`, which is no digit there."""
    part = digit_tokens(tokens, run)
    for at in range(1, len(part) - 1):
        if tokens[part[at]].sort is Sort.WEAK and tokens[part[at]].digits == "2":
            left, right = run_of(tokens, part[:at]), run_of(tokens, part[at + 1 :])
            if len(left.digits) == len(right.digits) >= 3:
                return [left, right]
    return [run]


def without_talk(tokens: list[Token], run: Run, kind: Kind | None, pending: str, *, alone: bool = False) -> Run:
    """A run without the words at its edges that only sound like digits (就这个, changed to).

    `alone`: nothing else is said in the turn, so that English words of two letters and more may be digits.
    """
    part = digit_tokens(tokens, run)
    if run.digits.endswith("X") and len(run.digits) == 19:
        # Speaks of the X of a whole identity number (5236，X是大写吗).
        part = part[:-1]
        run = run_of(tokens, part)
    first, last = 0, len(part)
    while first < last and _slip(tokens[part[first]]):
        first += 1
    while last > first and _slip(tokens[part[last - 1]]):
        last -= 1
    if (first == 0 and last == len(part)) or first == last:
        return run
    core = run_of(tokens, part[first:last])
    if certain(pending + run.digits):
        return run
    english = tokens[part[0]].end - tokens[part[0]].start > 1
    if alone and english and kind in SECRET and _natural(kind, pending + run.digits):
        return run
    if _natural(kind, pending + core.digits):
        return core
    if _natural(kind, pending + run.digits):
        return run
    while first > 0 and not _part_of_talk(tokens, part[first - 1] - 1, tokens[part[first - 1]].start, before=True):
        first -= 1
    while last < len(part) and not _part_of_talk(tokens, part[last] + 1, tokens[part[last]].end, before=False):
        last += 1
    return run_of(tokens, part[first:last])


def _slip(token: Token) -> bool:
    return token.sort is Sort.WEAK and token.digits != "X" and not token.is_oh


def _part_of_talk(tokens: list[Token], index: int, edge: int, *, before: bool) -> bool:
    """Whether a word that is no digit touches the slip."""
    if not 0 <= index < len(tokens) or tokens[index].sort is not Sort.OTHER:
        return False
    return (tokens[index].end if before else tokens[index].start) == edge


def _natural(kind: Kind | None, digits: str) -> bool:
    if kind in SECRET or kind is None:
        lengths = (3, 4) if kind is Kind.CVV else _CODE_LENGTHS
        return len(digits) in lengths or (kind is None and (certain(digits) or shape.landline(digits)))
    if kind is Kind.PHONE:
        return certain(digits) or shape.landline(digits) or shape.western(digits)
    return certain(digits) or (kind is Kind.ID_NUMBER and len(digits) == 9)
