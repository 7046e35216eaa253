"""Stretches of digits: tokens joined over the gaps, fillers and slips that people and recognizers put between them."""

from dataclasses import dataclass, field

from server.masking import digits as shape
from server.masking.tokens import Sort, Token

_DIGITS = (Sort.DIGIT, Sort.NUMBER, Sort.BIG)
_MERE_SOUNDS = 4
"""Digit sounds without a single sure digit that make a secret: the shortest code has four, 登录失败 three."""
MAX_GAP_TOKENS = 6
MAX_GAP_CHARS = 14


@dataclass(slots=True)
class Run:
    """Digit tokens that belong together; characters `start` to `end`, tokens `first` to `last` (inclusive)."""

    start: int
    end: int
    first: int
    last: int
    digits: str = field(repr=False)
    spoken: int
    """Digits read out one by one."""
    written: int
    """Digits in figures."""
    weak: int
    numbers: int
    big: int

    @property
    def plainly_number(self) -> bool:
        """Read as one number (三千五百, two hundred), not digit by digit."""
        digits = self.spoken + self.written
        return (self.big > 0 and digits <= 4) or (self.numbers == 1 and not digits)


def find_runs(tokens: list[Token], *, eager: bool) -> list[Run]:
    """All stretches of digits in order. `eager` also takes stretches of mere digit sounds."""
    runs: list[Run] = []
    group: list[int] = []
    gap = 0
    for index, token in enumerate(tokens):
        if not eager and _price(tokens, index):
            _close(tokens, group, eager, runs)
            group, gap = [], 0
        elif token.sort in _DIGITS or (token.sort is Sort.WEAK):
            if group and _apart(tokens[group[-1]], token, gap):
                _close(tokens, group, eager, runs)
                group = []
            group.append(index)
            gap = 0
        elif token.sort is Sort.GAP and gap < MAX_GAP_TOKENS and token.end - token.start <= MAX_GAP_CHARS:
            gap += 1
        elif group:
            _close(tokens, group, eager, runs)
            group, gap = [], 0
    if group:
        _close(tokens, group, eager, runs)
    return runs


def _price(tokens: list[Token], index: int) -> bool:
    """An English word before a number that is no digit (two for forty five fifty)."""
    token = tokens[index]
    if token.sort is not Sort.WEAK or token.is_oh or token.end - token.start < 2:
        return False
    after = next((one for one in tokens[index + 1 : index + 3] if one.sort is not Sort.GAP), None)
    return after is not None and after.sort is Sort.NUMBER


def _apart(left: Token, right: Token, gap: int) -> bool:
    """Two long figures with something between are two numbers, and so are words and a long figure."""
    if not gap:
        return False
    if left.written != right.written:
        spelt = right if left.written else left
        if spelt.sort is Sort.WEAK and spelt.digits != "X" and spelt.end - spelt.start > 1:
            return True
        return len(left.digits if left.written else right.digits) >= 3
    if not left.written:
        return False
    return len(left.digits) >= 11 or (len(left.digits) >= 8 and len(right.digits) >= 9)


def _close(tokens: list[Token], group: list[int], eager: bool, runs: list[Run]) -> None:
    """Cut a group where slips stand too long in a row, and keep the parts that hold digits."""
    part: list[int] = []
    weak = 0
    for index in group:
        weak = weak + 1 if tokens[index].sort is Sort.WEAK else 0
        if weak > 2 and not eager:
            _keep(tokens, part, eager, runs)
            part = []
        part.append(index)
    _keep(tokens, part, eager, runs)


def _keep(tokens: list[Token], part: list[int], eager: bool, runs: list[Run]) -> None:
    if not eager:
        part = _trimmed(tokens, part)
    elif len(part) < (3 if _words(tokens, part) else _MERE_SOUNDS) and all(
        tokens[index].sort is Sort.WEAK for index in part
    ):
        return
    if part:
        runs.append(run_of(tokens, part))


def _words(tokens: list[Token], part: list[int]) -> bool:
    """English words of two letters and more."""
    return all(tokens[index].end - tokens[index].start > 1 for index in part)


def run_of(tokens: list[Token], part: list[int]) -> Run:
    """The run that the digit tokens at the indices `part` (at least one, rising) make."""
    chosen = [tokens[index] for index in part]
    return Run(
        start=chosen[0].start,
        end=chosen[-1].end,
        first=part[0],
        last=part[-1],
        digits="".join(token.digits for token in chosen),
        spoken=sum(
            len(token.digits) for token in chosen if token.is_oh or (token.sort is Sort.DIGIT and not token.written)
        ),
        written=sum(len(token.digits) for token in chosen if token.written),
        weak=sum(token.sort is Sort.WEAK and token.digits != "X" and not token.is_oh for token in chosen),
        numbers=sum(token.sort is Sort.NUMBER for token in chosen),
        big=sum(token.sort is Sort.BIG for token in chosen),
    )


def cut_at_last_gap(tokens: list[Token], run: Run) -> tuple[Run, Run] | None:
    """A run in two where its last gap is, None where the digits stand close."""
    part = [index for index in range(run.first, run.last + 1) if tokens[index].digits]
    at = next((at for at in range(len(part) - 1, 0, -1) if part[at] - part[at - 1] > 1), None)
    return None if at is None else (run_of(tokens, part[:at]), run_of(tokens, part[at:]))


def _trimmed(tokens: list[Token], part: list[int]) -> list[int]:
    """Without the slips at both ends, save an X at the end and, by many digits, one that touches them."""
    strong = [at for at, index in enumerate(part) if tokens[index].sort is not Sort.WEAK]
    if not strong:
        return []
    first, last = strong[0], strong[-1]
    if last + 1 < len(part) and tokens[part[last + 1]].digits == "X" and _touch(tokens, part[last], part[last + 1]):
        return part[first : last + 2]
    while last + 1 < len(part) and tokens[part[last + 1]].is_oh:
        last += 1
    while first and tokens[part[first - 1]].is_oh:
        first -= 1
    core = "".join(tokens[index].digits for index in part[first : last + 1])
    if len(core) < 2 or shape.mobile(core) or shape.id_checked(core) or shape.card(core):
        return part[first : last + 1]
    many = len(core) >= 6
    if many and last + 1 < len(part) and _touch(tokens, part[last], part[last + 1]):
        last += 1
    if many and first and tokens[part[first - 1]].leads and _touch(tokens, part[first - 1], part[first]):
        first -= 1
    return part[first : last + 1]


def _touch(tokens: list[Token], left: int, right: int) -> bool:
    return tokens[right].start - tokens[left].end <= 1
