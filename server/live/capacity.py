"""How many calls this node can carry, by what those that it carries cost. No I/O, no clock.

The threads that decode are what runs out first. So what is measured is the time that they are at work per second
of a leg's audio. It is real time, not processor time: whatever else the machine does makes it longer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp

LEGS = 2
"""Legs of a call that has just begun, of which nobody knows yet how many it will have."""
SETTLING = 20.0
"""Seconds after which a call's load shows; until then it is reckoned with `CAUTION`."""
CAUTION = 1.2
"""A new call is reckoned to cost so many times what others do."""
MEMORY = 600.0
"""Seconds of legs' audio over which the cost is averaged: half a minute of ten calls."""
TRUST = 60.0
"""Seconds of legs' audio that count as much as the cost known at the start."""
LOWEST = 0.5
"""A leg is never reckoned to cost less than so much of the cost known at the start: legs on hold will talk again."""
BUSY_SECONDS = 5.0
"""Time over which the busy share is averaged."""
BEHIND = 0.5
"""Seconds by which decoding is behind, on average over the legs, from which no call is admitted."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What happened in `seconds`: time that decoding threads were at work, audio decoded, both summed up (seconds).

    `behind`: how long undecoded audio has waited, in seconds, on average over the legs.
    """

    seconds: float
    busy: float
    audio: float
    behind: float


@dataclass(frozen=True, slots=True)
class Carried:
    """An open call: its age in seconds, and its legs."""

    age: float
    legs: int


class Capacity:
    """Learns what a leg costs, and says how many more calls there is room for."""

    def __init__(self, threads: float, cost: float, load: float) -> None:
        """`threads` decode at once; `load` is the share of their time to give away, the rest is for bursts.

        `cost`: seconds of a thread that a second of a leg takes, as far as is known at the start.
        """
        self.threads = threads
        self.load = load
        self._first_cost = cost
        self._busy = self._audio = 0.0
        self._share = 0.0
        self._behind = 0.0

    def expect(self, cost: float) -> None:
        """Nobody is heard, and a trial says what a leg would cost now; what was measured before counts half."""
        self._first_cost = cost
        self._busy, self._audio = self._busy / 2, self._audio / 2

    @property
    def cost(self) -> float:
        """Seconds of a thread that a second of a leg takes."""
        learnt = (self._first_cost * TRUST + self._busy) / (TRUST + self._audio)
        return max(learnt, LOWEST * self._first_cost)

    @property
    def busy(self) -> float:
        """Share of the threads' time in which they are at work, 0 to 1."""
        return self._share

    @property
    def pressed(self) -> bool:
        """Whether what can be left out should be: the threads do more than is given away, or are behind."""
        return self._share > self.load or self._behind > BEHIND

    @property
    def total(self) -> int:
        """Calls of two legs that would be carried in all."""
        return int(self._budget / (LEGS * self.cost)) if self.cost > 0 else 0

    def measure(self, tick: Tick) -> None:
        """Take in what happened since the tick before."""
        if tick.seconds <= 0:
            return
        kept = exp(-tick.audio / MEMORY)
        self._busy, self._audio = self._busy * kept + tick.busy, self._audio * kept + tick.audio
        fresh = 1 - exp(-tick.seconds / BUSY_SECONDS)
        self._share += fresh * (tick.busy / (tick.seconds * self.threads) - self._share)
        self._behind = tick.behind

    def room(self, calls: Iterable[Carried]) -> int:
        """How many calls can be admitted beside `calls`. An idle node always takes one."""
        carried = list(calls)
        if not carried:
            return max(1, self._fitting(0.0))
        if self.pressed:
            return 0
        expected = sum(self._reckoned(call) for call in carried)
        return self._fitting(max(expected, self._share * self.threads))

    @property
    def _budget(self) -> float:
        return self.load * self.threads

    @property
    def _reserve(self) -> float:
        return CAUTION * LEGS * self.cost

    def _fitting(self, load: float) -> int:
        left = self._budget - load
        return max(0, int(left / self._reserve)) if self._reserve > 0 else 0

    def _reckoned(self, call: Carried) -> float:
        """Seconds of threads per second that a call is expected to take."""
        if call.age < SETTLING:
            return CAUTION * max(call.legs, LEGS) * self.cost
        return call.legs * self.cost
