"""One turn cut into digits, and what stands around each stretch of them."""

import re
from functools import cached_property
from itertools import pairwise

from server.masking.context import OTHER, Around, announced
from server.masking.guess import light
from server.masking.kinds import Kind
from server.masking.runs import Run
from server.masking.situation import Situation
from server.masking.tokens import Sort, tokenize

_ROUND = re.compile(r"hundred\s*$")
_ONE = re.compile(r"one$", re.IGNORECASE)
_AND = re.compile(r"\s(?:and|then)\s|[，,；;]|然后")


class Surroundings:
    """A turn, the situation it is said in, and the stretches of digits in it (`runs`, set by who cuts them)."""

    def __init__(self, text: str, situation: Situation) -> None:
        self.text, self.now = text, situation
        self.eager = situation.firm is not None and not situation.agent
        self.tokens = tokenize(text, eager=self.eager)
        self.around = Around(text)
        self.announced = announced(text)
        self.runs: list[Run] = []

    def named_kind(self, run: Run) -> Kind | None:
        """The kind that a keyword before or after a stretch says, None where it says none."""
        before, after = self.around.before(run.start), self.around.after(run.end)
        if before is not None and before.kind != OTHER:
            return Kind(before.kind)
        return Kind(after.kind) if after is not None and after.kind != OTHER and len(run.digits) >= 3 else None

    def other_asked(self, run: Run) -> bool:
        """Named as something that is no secret (有效期零九二八), or the second thing asked for in one breath."""
        ask = self.now.ask
        if self.is_other(run):
            return True
        more = ask is not None and ask.more and ask.firm and not self.now.agent
        return more and self.second is not None and run.start >= self.second

    def is_other(self, run: Run) -> bool:
        """Whether the keyword before a stretch names something that is no secret."""
        before = self.around.before(run.start)
        return before is not None and before.kind == OTHER

    def continues(self, run: Run) -> bool:
        """Whether a stretch goes on with what the voice broke off with."""
        if not self.now.pending or run.big or (run.plainly_number and not self.is_bare):
            return False
        return self.leads(run) and (len(run.digits) >= 2 or self.is_bare)

    @cached_property
    def run_before(self) -> dict[int, Run]:
        """The run before each run, by the first token."""
        return {run.first: before for before, run in pairwise(self.runs)}

    @cached_property
    def second(self) -> int | None:
        """Where the second part of an answer begins."""
        return cut.end() if (cut := _AND.search(self.text)) else None

    @cached_property
    def is_bare(self) -> bool:
        """The turn is digits and fillers only."""
        return all(token.sort not in (Sort.OTHER, Sort.WALL) for token in self.tokens)

    def leads(self, run: Run) -> bool:
        """Whether nothing but fillers stands before a stretch."""
        return run.first <= 12 and all(light(token) for token in self.tokens[: run.first])

    def is_last(self, run: Run) -> bool:
        """Whether nothing but fillers stands after a stretch."""
        return len(self.tokens) - run.last <= 6 and all(light(token) for token in self.tokens[run.last + 1 :])

    def after_date(self, run: Run) -> bool:
        """Whether the date that was named stands before the run already (exp 04/29 718)."""
        before = self.around.before(run.start)
        return before is not None and re.search(r"\d[/-]\d+\W*$", self.text[before.end : run.start]) is not None

    def hundreds(self, run: Run) -> bool:
        """`one hundred twenty three four` in answer to a question for a secret."""
        said = self.text[run.start : run.end].lower()
        return self.eager and "hundred" in said and len(run.digits) >= 3 and not _ROUND.search(said)

    def corrects(self, run: Run) -> bool:
        """A lone digit at the end of an answer that holds others, or in Chinese at the end of any."""
        if not self.is_last(run):
            return False
        said = self.text[run.start : run.end]
        others = any(one is not run and len(one.digits) >= 2 for one in self.runs)
        return (others or (said > "\u2fff" and said != "一")) and not _ONE.fullmatch(said)
