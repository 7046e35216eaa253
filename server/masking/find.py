"""Find the secrets of one turn, given what the conversation said before it."""

import re

from server.masking import digits as shape
from server.masking import lexicon
from server.masking.context import OTHER
from server.masking.guess import (
    by_length,
    clock,
    dated,
    formatted,
    kept,
    looks_plain,
    of_asked,
    pointed_at,
    two_figures,
    unit,
)
from server.masking.kinds import SECRET, Found, Kind
from server.masking.loose import CODE_TALK, brought
from server.masking.parts import split_change, split_lines, split_secrets, without_talk
from server.masking.repeats import repeats
from server.masking.runs import Run, cut_at_last_gap, find_runs
from server.masking.secret_words import find_words
from server.masking.situation import Situation
from server.masking.tokens import Sort
from server.masking.turn import Surroundings

_EXTENSION = re.compile(lexicon.EXTENSION, re.IGNORECASE)
_SOME_NUMBER = re.compile(
    r"(?<![这那个的我他她改换打拨])[A-Za-z\u4e00-\u9fff](?<![这那个的我他她改换打拨])号码?[是为:：\s]*$",
)
_FROM = re.compile(r"\bfrom\s*$", re.IGNORECASE)
_PARTS = re.compile(r"\[|不[是对]|错了|[换改]")
_AT_LEAST = {Kind.CODE: 4, Kind.PASSWORD: 3, Kind.CVV: 3, Kind.ID_NUMBER: 4, Kind.BANK_CARD: 4, Kind.PHONE: 7}


def find(text: str, situation: Situation) -> list[Found]:
    """Secrets of `text` in order, not overlapping. Linear in the length of the text."""
    return _Turn(text, situation).found()


class _Turn(Surroundings):
    def __init__(self, text: str, situation: Situation) -> None:
        super().__init__(text, situation)
        self.runs = [part for run in find_runs(self.tokens, eager=self.eager) for part in self._parts(run)]

    def found(self) -> list[Found]:
        taken = []
        for run in self.runs:
            kind = self._kind(run)
            if kind is not None:
                taken.append(self._as_found(run, kind))
        if self.eager:
            taken = self._bridged(taken)
        taken = find_words(self.text, taken, self.around, self.now.firm, agent=self.now.agent)
        return repeats(self.text, self.now.known_words, taken)

    def _parts(self, run: Run) -> list[Run]:
        """One run for each secret in it, without talk at the edges and without what is a measure of its own."""
        lines = [run] if self.eager else split_lines(self.tokens, run, self.text)
        parts = [part for line in lines for part in split_secrets(self.tokens, line)]
        asked = self.now.ask.kind if self.now.ask and self.eager else None
        if len(run.digits) >= 6 and _FROM.search(self.text, max(0, run.start - 6), run.start):
            parts = [half for part in parts for half in split_change(self.tokens, part)]
        parts = [without_talk(self.tokens, part, asked, self.now.pending, alone=self.is_bare) for part in parts]
        return [piece for part in parts for piece in self._unmeasured(part)]

    def _unmeasured(self, run: Run) -> list[Run]:
        """A run whose last number has a unit of its own, without that number (483920，5分钟)."""
        if self.text[run.end : run.end + 2].lstrip().startswith("年") and shape.yearly(run.digits[-4:]):
            return [run]
        cut = cut_at_last_gap(self.tokens, run) if unit(self.text, run) else None
        if cut is None or len(cut[0].digits) < 3 or not self._parted(cut[0].end, cut[1].start):
            return [run]
        return list(cut)

    def _parted(self, start: int, end: int) -> bool:
        return not any(char in "-‐–—~.～－" for char in self.text[start:end])

    def _as_found(self, run: Run, kind: Kind) -> Found:
        if self.continues(run) and self.now.pending_kind and len(run.digits) < 11:
            kind = self.now.pending_kind
        whole = (self.now.pending if self.continues(run) else "") + run.digits
        # Lines may be two numbers after all.
        stays = "" if "\n" in self.text[run.start : run.end] else kept(kind, whole, run, self.now.language)
        start = run.start
        while start > 0 and self.text[start - 1] in "+(":
            start -= 1
        return Found(start, run.end, kind, run.digits, stays)

    def _bridged(self, taken: list[Found]) -> list[Found]:
        """In an answer, what stands in a word or two between digits is part of it."""
        joined: list[Found] = []
        for secret in taken:
            last = joined[-1] if joined else None
            same = last is not None and last.kind is secret.kind and not last.kept
            if last and same and secret.start - last.end <= 3 and not _PARTS.search(self.text[last.end : secret.start]):
                joined[-1] = Found(last.start, secret.end, last.kind, last.digits + secret.digits)
            else:
                joined.append(secret)
        return joined

    def _kind(self, run: Run) -> Kind | None:
        """What a stretch of digits is, None where it is no secret."""
        if self._measured(run) or self._last_four(run, self.named_kind(run)) or self._public(run):
            return None
        if not (self.is_bare and self.eager) and (dated(self.text, run) or clock(self.text, run)):
            return None
        return self._by_checksum(run) or self._after_card(run) or self._by_context(run) or self._by_looks(run)

    def _public(self, run: Run) -> bool:
        """A number of this conversation that is none, a hotline or an extension, unless it was asked for."""
        if (
            self.now.public
            and len(run.digits) >= 3
            and any(
                run.digits == public or (run.digits in public and self.now.firm is None) for public in self.now.public
            )
        ):
            return True
        if (
            len(run.digits) <= 5
            and self.named_kind(run) not in SECRET
            and _EXTENSION.search(self.text, max(0, run.start - 24), run.start)
        ):
            return True
        firm = self.now.firm
        asked = firm is not None and firm.kind in SECRET and len(run.digits) in (3, 4, 6)
        if self.continues(run) or (firm is not None and self.is_bare):
            return False
        mobile = shape.mobile(run.digits) and (self.now.language == "zh" or firm is not None)
        return shape.hotline(run.digits) and len(run.digits) >= 5 and not asked and not mobile

    def _after_card(self, run: Run) -> Kind | None:
        """Three or four digits right after a card number, or its expiry date, are its security code."""
        if len(run.digits) not in (3, 4) or (self.is_other(run) and not self.after_date(run)):
            return None
        before = self.run_before.get(run.first)
        if before is None or not shape.card(before.digits) or len(before.digits) < 15:
            return None
        between = self.tokens[before.last + 1 : run.first]
        return Kind.CVV if all(token.sort in (Sort.GAP, Sort.PLAIN) for token in between) else None

    def _measured(self, run: Run) -> bool:
        """An amount, a duration, a date: by its unit or by how it is read."""
        if run.spoken + run.written + run.weak >= 9:
            return False
        measure = unit(self.text, run)
        if run.big and run.plainly_number:
            return not self.hundreds(run) or measure != ""
        if len(run.digits) <= 2 and self.text[run.end : run.end + 1] == "位":
            return True
        if not measure:
            return False
        if self.eager and measure != "strong":
            return run.plainly_number and len(run.digits) <= 3
        if run.spoken and not run.written and not run.numbers and not run.big:
            return run.spoken <= (4 if shape.yearly(run.digits[-4:]) else 3)
        return run.written <= 8

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
        if run.plainly_number and run.big and not self.hundreds(run):
            return None
        named = self.named_kind(run)
        if self.other_asked(run):
            return None
        if firm is not None and (n >= 3 if self.now.agent else self._answers(run)):
            return named or of_asked(firm, n)
        if self.continues(run):
            return self.now.pending_kind or by_length(n + len(self.now.pending))
        if n >= 4 and (known := self._known(run.digits)):
            return known
        if named is not None and self._enough(run, named):
            return named
        soft = self.now.ask
        if soft is None or soft.other or self.is_other(run) or looks_plain(run):
            return None
        if n >= 4 and not run.numbers:
            return soft.kind or by_length(n)
        return None

    def _last_four(self, run: Run, named: Kind | None) -> bool:
        ask = self.now.ask
        asked = ask.kind if ask else None
        if len(run.digits) == 4 and self.now.agent and self.around.tail_named(run.start):
            return True
        open_kinds = {named, asked} - {Kind.PHONE, Kind.BANK_CARD, None}
        if len(run.digits) == 4 and not open_kinds and pointed_at(self.text, run):
            return True
        if ask and ask.tail and asked not in SECRET and named not in SECRET and len(run.digits) == 4:
            return True
        secret = named in SECRET or (asked in SECRET and self.now.firm is not None)
        return len(run.digits) == 4 and not secret and self.around.tail_named(run.start)

    def _answers(self, run: Run) -> bool:
        """Whether a stretch can be part of the answer: a lone 一 in 等一下 is not."""
        n, sure = len(run.digits), run.spoken + run.written
        if self.now.firm is not None and self.now.firm.counting and n <= 2:
            return False
        if n == 1 and run.spoken and not self.is_bare:
            return self.corrects(run)
        if self.is_bare:
            return sure > 0 or run.numbers > 0 or n >= 2
        if run.plainly_number or (n <= 3 and unit(self.text, run)):
            return False
        return (
            (n >= 3 and (sure >= 2 or n >= 4 or run.numbers > 0))
            or sure >= 2
            or (run.written > 0 and self.is_last(run))
        )

    def _enough(self, run: Run, kind: Kind) -> bool:
        n = len(run.digits)
        if kind is not Kind.CODE and shape.hotline(run.digits) and kind is Kind.PHONE:
            return False
        if kind is Kind.PHONE and run.written == n and n in (5, 6):
            return False
        if self.around.direct(run.start) and n >= 2 and self.is_last(run) and not run.plainly_number:
            return True
        if kind in (Kind.BANK_CARD, Kind.PHONE, Kind.ID_NUMBER) and looks_plain(run):
            return False
        if self.is_last(run) and not run.plainly_number:
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

    def _by_looks(self, run: Run) -> Kind | None:
        """Without any context: long strings, and short ones that were read out digit by digit."""
        digits, n = run.digits, len(run.digits)
        if self._follows_announcement(run):
            return by_length(n)
        if self.other_asked(run) or (self.now.ask is not None and self.now.ask.other and not self.now.agent):
            return None
        if shape.hotline(digits) or shape.counting(digits) or self.is_other(run) or self._of_something(run):
            return None
        if shape.landline(digits) or (shape.western(digits) and (self.now.language == "en" or run.spoken)):
            return Kind.PHONE
        if formatted(self.text, self.tokens, run):
            return Kind.ID_NUMBER if n == 9 else Kind.PHONE
        if n >= 9 and not two_figures(self.tokens, run) and not digits.endswith("0000"):
            return by_length(n)
        if run.spoken >= 5 and not run.big and (self.now.language == "zh" or n >= 6):
            return by_length(n)
        if run.spoken >= 3 and self.is_last(run) and any(char in "幺洞拐" for char in self.text[run.start : run.end]):
            return by_length(n)
        return by_length(n) if self._bare_secret(run) or self._beside_code(run) else None

    def _beside_code(self, run: Run) -> bool:
        """Four to eight digits that a customer says of a code (新的是881 240), asked or not."""
        if self.now.agent or not 4 <= len(run.digits) <= 8 or run.numbers or run.big or looks_plain(run):
            return False
        if run.weak or not (self.now.code_talk or CODE_TALK.search(self.text)):
            return False
        return brought(self.text, run.start, run.end)

    def _of_something(self, run: Run) -> bool:
        """The number of a thing that no keyword knows (水表号…)."""
        if self.around.before(run.start) is not None:
            return False
        return _SOME_NUMBER.search(self.text, max(0, run.start - 10), run.start) is not None

    def _follows_announcement(self, run: Run) -> bool:
        if self.now.agent or len(run.digits) < 3 or looks_plain(run) or self.announced is None:
            return False
        return run.start >= self.announced and not self.is_other(run)

    def _bare_secret(self, run: Run) -> bool:
        """A turn of nothing but digits that are neither a sum nor a year."""
        n = len(run.digits)
        if not self.is_bare or run.plainly_number or looks_plain(run) or self.now.agent:
            return False
        return n >= 3 if run.spoken else n >= 4
