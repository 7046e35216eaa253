"""Media messages as they were meant: in order, each once, at their times. Without I/O.

A `Sequencer` restores the order of one connection's numbered messages. A `Timeline` lays one track's pieces of audio
at their times and says where silence has to stand in for what never came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

WINDOW = 10
"""Messages that wait for one that is late: 0.2 s of one track in pieces of 20 ms."""
STALE = 100
"""Messages in a row with numbers of long ago, after which the sender is taken to count anew."""
JITTER_MS = 60.0
"""Milliseconds by which times may be off while no message is missing: some senders write when they send."""
EPOCH_MS = 100_000_000_000.0
"""From here on a time is of the sender's clock, not of the stream: in milliseconds it is 1973."""


@dataclass(frozen=True, slots=True)
class Ordered(Generic[T]):
    """A message in its turn; `lost` messages before it never came."""

    message: T
    lost: int = 0


class Sequencer(Generic[T]):
    """Numbered messages, in any order and more than once, become each once and in order.

    Holds at most `window` messages; a message later than that is lost. The first message says where counting begins.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self._next: int | None = None
        self._waiting: dict[int, T] = {}
        self._stale = 0

    def take(self, number: int | None, message: T) -> list[Ordered[T]]:
        """The messages whose turn it is by now. Without a number, `message` comes at once."""
        if number is None:
            return [Ordered(message)]
        if self._next is None:
            self._next = number
        if number < self._next or number in self._waiting:
            return self._old(number, message)
        self._stale = 0
        self._waiting[number] = message
        ready = list(self._in_turn())
        while len(self._waiting) > self._window:
            ready += self._skip()
        return ready

    def flush(self) -> list[Ordered[T]]:
        """No more come: everything that still waits."""
        ready: list[Ordered[T]] = []
        while self._waiting:
            ready += self._skip()
        return ready

    def _old(self, number: int, message: T) -> list[Ordered[T]]:
        """A repetition, or too late; or the sender has begun to count anew."""
        self._stale += 1
        if self._stale < STALE:
            return []
        ready = self.flush()
        self._stale, self._next = 0, number + 1
        return [*ready, Ordered(message)]

    def _in_turn(self) -> Iterator[Ordered[T]]:
        while self._next in self._waiting:
            yield Ordered(self._waiting.pop(self._next))
            self._next += 1

    def _skip(self) -> list[Ordered[T]]:
        """Give up what is missing before the first that waits."""
        first = min(self._waiting)
        lost, self._next = first - (self._next or 0), first + 1
        return [Ordered(self._waiting.pop(first), lost), *self._in_turn()]


class Origin:
    """Where the tracks of one stream begin to count, in milliseconds.

    Most senders count from the beginning of the stream; one that writes its clock begins with the first time it says.
    """

    def __init__(self) -> None:
        self._base: float | None = None

    def since(self, time_ms: float) -> float:
        """Milliseconds since the beginning of the stream."""
        if self._base is None:
            self._base = time_ms if time_ms >= EPOCH_MS else 0.0
        return time_ms - self._base


class Timeline:
    """One track: how much silence belongs before each piece of its audio.

    What it lays down stays within `JITTER_MS` of the sender's times.
    """

    def __init__(self, origin: Origin, sample_rate: int) -> None:
        """`origin` is shared by the tracks of a stream."""
        self._origin = origin
        self._rate = sample_rate
        self._jitter = round(JITTER_MS * sample_rate / 1000)
        self.position = 0
        """Samples so far, silence included."""
        self._last: int | None = None
        """Where the last piece lay by its sender's time, in samples."""
        self._last_samples = 0

    def place(self, samples: int, time_ms: float | None, lost: int, limit: int) -> int:
        """Take a piece of `samples` in its turn; the samples of silence that belong before it.

        `lost`: messages missing before it, of whatever track. `limit`: how far silence may reach, in samples, so that
        a wrong time does not fill the disk.
        """
        at = round(self._origin.since(time_ms) * self._rate / 1000) if time_ms is not None else None
        missing = lost * (self._last_samples or samples) if at is None else self._missing(samples, at, lost)
        missing = max(0, min(missing, limit - self.position))
        self.position += missing + samples
        self._last, self._last_samples = at, samples
        return missing

    def _missing(self, samples: int, at: int, lost: int) -> int:
        behind = at - self.position
        if self._last is None:
            return behind
        if not lost:
            # With every message there, what the times differ by is mostly unrest.
            return behind if behind > self._jitter else 0
        hole = at - self._last - self._last_samples
        return min(hole, behind + self._jitter) if hole >= max(1, samples // 2) else 0
