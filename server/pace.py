"""How often something may be tried, kept in memory. Times are seconds."""

from dataclasses import dataclass, field
from typing import Any

NAMES = 10_000
"""Names remembered at most; the one not seen for longest is forgotten for a new one."""


@dataclass(slots=True)
class Pace:
    """Token buckets by name: `burst` uses at once, then `rate` a second."""

    rate: float = 5.0
    burst: float = 20.0
    _used: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Tokens that were left, and when."""

    def take(self, name: str, now: float) -> bool:
        """Whether `name` may go on now; if so it counts."""
        left, since = self._used.pop(name, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.rate)
        allowed = left >= 1.0
        self._used[name] = (left - allowed, now)
        _trim(self._used)
        return allowed


Failures = tuple[int, float | None]
"""How many failures in a row, and until when there is a wait."""


class Locked(Exception):
    """Too many failures in a row: nothing is tried before `wait` seconds have passed."""

    def __init__(self, wait: float) -> None:
        super().__init__("too many failures in a row")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Lockout:
    """After `most` failures in a row nothing is tried for `seconds`."""

    most: int = 5
    seconds: float = 900.0

    def begin(self, failures: Failures, now: float) -> Failures:
        """Count an attempt as a failure, until it turns out to be none. Raises Locked."""
        count, until = failures
        if until is not None and now < until:
            raise Locked(until - now)
        count = 1 if until is not None else count + 1
        return count, now + self.seconds if count >= self.most else None


@dataclass(slots=True)
class Attempts:
    """Counts failures by name."""

    _failures: dict[str, Failures] = field(default_factory=dict)

    def begin(self, name: str, lockout: Lockout, now: float) -> None:
        """Count an attempt. Raises Locked."""
        failures = lockout.begin(self._failures.get(name, (0, None)), now)
        self._failures.pop(name, None)
        self._failures[name] = failures
        _trim(self._failures)


def _trim(remembered: dict[str, Any]) -> None:
    if len(remembered) > NAMES:
        del remembered[next(iter(remembered))]
