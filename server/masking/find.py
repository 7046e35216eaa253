"""Find the secrets of one turn, given what the conversation said before it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from server.masking import digits as shape
from server.masking import lexicon
from server.masking.context import OTHER, Around, Ask, announced
from server.masking.kinds import SECRET, Found, Kind, Language
from server.masking.runs import Run, cut_at_last_gap, find_runs
from server.masking.secret_words import find_words
from server.masking.tokens import Sort, Token, tokenize

_AT_LEAST = {Kind.CODE: 4, Kind.PASSWORD: 3, Kind.CVV: 3, Kind.ID_NUMBER: 4, Kind.BANK_CARD: 4, Kind.PHONE: 7}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known before a turn."""

    language: Language
    agent: bool = False
    ask: Ask | None = None
    pending: str = field(default="", repr=False)
    """Digits that the same voice broke off with."""
    pending_kind: Kind | None = None
    known: Sequence[tuple[Kind, str]] = field(default=(), repr=False)
    """Secrets of this conversation, heard before."""

    @property
    def firm(self) -> Ask | None:
        """The open question, where its answer is to be hidden whatever it is."""
        return self.ask if self.ask is not None and self.ask.firm else None


def find(text: str, situation: Situation) -> list[Found]:
    """Secrets of `text` in order, not overlapping. Linear in the length of the text."""
    return _Turn(text, situation).found()


class _Turn:
    def __init__(self, text: str, situation: Situation) -> None:
        self.text, self.now = text, situation
        self.eager = situation.firm is not None and not situation.agent
        self.tokens = tokenize(text, eager=self.eager)
        self.around = Around(text)
        self.announced = announced(text)
        runs = find_runs(self.tokens, eager=self.eager)
        self.runs = [part for run in runs for part in self._unmeasured(run)]

    def found(self) -> list[Found]:
        taken = []
        for run in self.runs:
            kind = self._kind(run)
            if kind is not None:
                taken.append(self._as_found(run, kind))
        if self.eager:
            taken = self._bridged(taken)
        return find_words(self.text, taken, self.around, self.now.firm if self.eager else None)

    def _unmeasured(self, run: Run) -> list[Run]:
        """A run whose last number has a unit of its own, without that number (483920，5分钟)."""
        cut = cut_at_last_gap(self.tokens, run) if self._unit(run) else None
        if cut is None or len(cut[0].digits) < 3 or not self._parted(cut[0].end, cut[1].start):
            return [run]
        return list(cut)

    def _parted(self, start: int, end: int) -> bool:
        return not any(char in "-‐–—~.～－" for char in self.text[start:end])

    def _as_found(self, run: Run, kind: Kind) -> Found:
        if self._continues(run) and self.now.pending_kind and len(run.digits) < 11:
            kind = self.now.pending_kind
        whole = (self.now.pending if self._continues(run) else "") + run.digits
        start = run.start
        while start > 0 and self.text[start - 1] in "+(":
            start -= 1
        return Found(start, run.end, kind, run.digits, _kept(kind, whole, run, self.now.language))

    def _bridged(self, taken: list[Found]) -> list[Found]:
        """In an answer, what stands in a word or two between digits is part of it."""
        joined: list[Found] = []
        for secret in taken:
            last = joined[-1] if joined else None
            if last and secret.start - last.end <= 3 and "[" not in self.text[last.end : secret.start]:
                joined[-1] = Found(last.start, secret.end, last.kind, last.digits + secret.digits)
            else:
                joined.append(secret)
        return joined

    def _kind(self, run: Run) -> Kind | None:
        """What a stretch of digits is, None where it is no secret."""
        if self._measured(run) or self._last_four(run, self._named(run)):
            return None
        return self._by_checksum(run) or self._by_context(run) or self._by_looks(run)

    def _measured(self, run: Run) -> bool:
        """An amount, a duration, a date: by its unit or by how it is read."""
        if run.spoken + run.written + run.weak >= 9:
            return False
        if run.big and run.plainly_number:
            return True
        unit = self._unit(run)
        if not unit:
            return False
        if self.eager and unit != "strong":
            return run.plainly_number and len(run.digits) <= 3
        if run.spoken and not run.written and not run.numbers and not run.big:
            return run.spoken <= (4 if shape.yearly(run.digits) else 3)
        return run.written <= 8

    def _unit(self, run: Run) -> str:
        """`strong` for money and time, `weak` for other measures, empty for none."""
        after = self.text[run.end : run.end + 12].lstrip(" -")
        if after.startswith(lexicon.ZH_MONEY_TIME) or after[:1] in ("%", "％", "$", "€", "£"):
            return "strong"
        if after[:1] in lexicon.ZH_UNITS or (after.startswith("个") and run.end - run.start <= 3):
            return "weak"
        word = after.split(maxsplit=1)[0].lower().strip(",.?!") if after.strip() else ""
        return "strong" if word in lexicon.EN_UNITS else ""

    def _by_checksum(self, run: Run) -> Kind | None:
        digits = run.digits
        if shape.id_like(digits):
            return Kind.ID_NUMBER
        before = self.around.before(run.start)
        ordered = before is not None and before.kind == OTHER
        if shape.mobile(digits) and not (before and before.kind == Kind.BANK_CARD):
            return Kind.PHONE
        if shape.card(digits) and (not ordered or len(digits) in (16, 19)):
            return Kind.BANK_CARD
        return None

    def _by_context(self, run: Run) -> Kind | None:
        firm, n = self.now.firm, len(run.digits)
        if run.plainly_number and run.big:
            return None
        named = self._named(run)
        if firm is not None and (n >= 3 if self.now.agent else self._answers(run)):
            return firm.kind or named or _by_length(n)
        if self._continues(run):
            return self.now.pending_kind or _by_length(n + len(self.now.pending))
        if n >= 4 and (known := self._known(run.digits)):
            return known
        if named is not None and self._enough(run, named):
            return named
        soft = self.now.ask
        if soft is not None and n >= 4 and not run.numbers and not self._is_other(run) and not _looks_plain(run):
            return soft.kind or _by_length(n)
        return None

    def _named(self, run: Run) -> Kind | None:
        before, after = self.around.before(run.start), self.around.after(run.end)
        if before is not None and before.kind != OTHER:
            return Kind(before.kind)
        return Kind(after.kind) if after is not None and after.kind != OTHER and len(run.digits) >= 3 else None

    def _is_other(self, run: Run) -> bool:
        before = self.around.before(run.start)
        return before is not None and before.kind == OTHER

    def _last_four(self, run: Run, named: Kind | None) -> bool:
        ask = self.now.ask
        asked = ask.kind if ask else None
        if ask and ask.tail and asked in (Kind.BANK_CARD, Kind.PHONE) and len(run.digits) == 4 and not run.weak:
            return True
        secret = named in SECRET or Kind.ID_NUMBER in (named, asked) or (asked in SECRET and self.now.firm is not None)
        return len(run.digits) == 4 and not secret and self.around.tail_named(run.start)

    def _answers(self, run: Run) -> bool:
        """Whether a stretch can be part of the answer: a lone 一 in 等一下 is not."""
        n, sure = len(run.digits), run.spoken + run.written
        if self._bare:
            return sure > 0 or run.numbers > 0 or n >= 2
        if run.plainly_number or (n <= 3 and self._unit(run)):
            return False
        return (
            (n >= 3 and (sure >= 2 or n >= 4 or run.numbers > 0)) or sure >= 2 or (run.written > 0 and self._last(run))
        )

    def _enough(self, run: Run, kind: Kind) -> bool:
        n = len(run.digits)
        if kind is not Kind.CODE and shape.hotline(run.digits) and kind is Kind.PHONE:
            return False
        if self.around.direct(run.start) and n >= 2 and self._last(run) and not run.plainly_number:
            return True
        if kind in (Kind.BANK_CARD, Kind.PHONE, Kind.ID_NUMBER) and _looks_plain(run):
            return False
        if self._last(run) and not run.plainly_number:
            return n >= (2 if kind is not Kind.PHONE or run.spoken >= 2 else 3)
        return n >= _AT_LEAST[kind] and not (kind is Kind.PHONE and run.plainly_number)

    def _known(self, digits: str) -> Kind | None:
        """A secret of this conversation said again, save the four digits that may stay."""
        for kind, secret in self.now.known:
            if kind in (Kind.BANK_CARD, Kind.PHONE) and digits == secret[-4:]:
                continue
            if digits in secret or (len(secret) >= 4 and secret in digits):
                return kind
        return None

    def _continues(self, run: Run) -> bool:
        if not self.now.pending or run.big or (run.plainly_number and not self._bare):
            return False
        return self._leads(run) and (len(run.digits) >= 2 or self._bare)

    def _by_looks(self, run: Run) -> Kind | None:
        """Without any context: long strings, and short ones that were read out digit by digit."""
        digits, n = run.digits, len(run.digits)
        if self._follows_announcement(run):
            return _by_length(n)
        if shape.hotline(digits) or shape.counting(digits) or self._is_other(run):
            return None
        if shape.landline(digits) or (shape.western(digits) and (self.now.language == "en" or run.spoken)):
            return Kind.PHONE
        if self._formatted(run):
            return Kind.ID_NUMBER if n == 9 else Kind.PHONE
        if n >= 9 and not self._two_figures(run) and not digits.endswith("0000"):
            return _by_length(n)
        if run.spoken >= 5 and not run.big and (self.now.language == "zh" or n >= 6):
            return _by_length(n)
        if run.spoken >= 3 and self._last(run) and any(char in "幺洞拐" for char in self.text[run.start : run.end]):
            return _by_length(n)
        return _by_length(n) if self._bare_secret(run) else None

    def _follows_announcement(self, run: Run) -> bool:
        if self.now.agent or len(run.digits) < 3 or _looks_plain(run) or self.announced is None:
            return False
        return run.start >= self.announced and not self._is_other(run)

    def _two_figures(self, run: Run) -> bool:
        """Two short figures side by side, as in an address."""
        tokens = [t for t in self.tokens[run.first : run.last + 1] if t.digits]
        return len(run.digits) <= 10 and len(tokens) == 2 and all(token.written for token in tokens)

    def _formatted(self, run: Run) -> bool:
        """Groups as telephone and social security numbers are written (415-555-0100, 412-34-5678)."""
        tokens = [t for t in self.tokens[run.first : run.last + 1] if t.sort is Sort.DIGIT]
        if not all(token.written for token in tokens) or len(tokens) < 2:
            return False
        written = self.text[run.start : run.end]
        sizes = [len(token.digits) for token in tokens]
        if sizes in ([3, 2, 4], [3, 3, 4]):
            return True
        plus = "+" in self.text[max(0, run.start - 2) : run.start]
        named = any(char in written for char in "-. ()") and "," not in written and "、" not in written
        return named and (7 <= len(run.digits) <= 13) and (plus or len(sizes) >= 3)

    def _bare_secret(self, run: Run) -> bool:
        """A turn of nothing but digits that are neither a sum nor a year."""
        n = len(run.digits)
        if not self._bare or run.plainly_number or _looks_plain(run) or self.now.agent:
            return False
        return n >= 3 if run.spoken else n >= 4

    @cached_property
    def _bare(self) -> bool:
        """The turn is digits and fillers only."""
        return all(token.sort not in (Sort.OTHER, Sort.WALL) for token in self.tokens)

    def _leads(self, run: Run) -> bool:
        return run.first <= 12 and all(_light(token) for token in self.tokens[: run.first])

    def _last(self, run: Run) -> bool:
        return len(self.tokens) - run.last <= 6 and all(_light(token) for token in self.tokens[run.last + 1 :])


def _light(token: Token) -> bool:
    return token.sort in (Sort.GAP, Sort.WEAK) or (token.sort is Sort.PLAIN and token.end - token.start == 1)


def _looks_plain(run: Run) -> bool:
    return run.plainly_number or shape.yearly(run.digits) or (run.written > 0 and shape.round_sum(run.digits))


def _by_length(n: int) -> Kind:
    if n <= 8:
        return Kind.CODE
    if n <= 12:
        return Kind.PHONE
    return Kind.ID_NUMBER if n in (15, 17, 18) else Kind.BANK_CARD


def _kept(kind: Kind, whole: str, run: Run, language: Language) -> str:
    """The last four, where the number is complete and certain and an agent works with them."""
    if run.weak or len(run.digits) < 4:
        return ""
    split = len(whole) > len(run.digits)
    fixed = shape.landline(whole) and not (split and len(whole) < 12)
    phone = shape.mobile(whole) or fixed or (language == "en" and shape.western(whole))
    card = shape.card(whole) and (not split or len(whole) == 19)
    complete = (kind is Kind.PHONE and phone) or (kind is Kind.BANK_CARD and card)
    return run.digits[-4:] if complete else ""
