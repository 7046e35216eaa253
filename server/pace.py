"""How often something may be tried, kept in memory. Times are seconds of a clock that never goes back."""

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


@dataclass(slots=True)
class Attempts:
    """Counts failures by name: after `most` within `seconds` there is a wait."""

    most: int = 5
    seconds: float = 300.0
    _begun: dict[str, list[float]] = field(default_factory=dict)

    def begin(self, name: str, now: float) -> float:
        """Count an attempt and return 0, or seconds to wait before the next one. `forget` it if it succeeds."""
        recent = [at for at in self._begun.pop(name, []) if now - at < self.seconds]
        allowed = len(recent) < self.most
        self._begun[name] = [*recent, now] if allowed else recent
        _trim(self._begun)
        return 0.0 if allowed else recent[0] + self.seconds - now

    def forget(self, name: str) -> None:
        """What was counted of `name` does not matter any more."""
        self._begun.pop(name, None)


def _trim(remembered: dict[str, Any]) -> None:
    if len(remembered) > NAMES:
        del remembered[next(iter(remembered))]
