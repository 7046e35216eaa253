"""Who was refused in the last hour, by reason."""

from collections import Counter, deque
from collections.abc import Callable

HOUR = 3600.0
STEP = 60.0


class Refusals:
    """Counts by the minute, so that a flood of refusals takes no memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` tells seconds."""
        self._clock = clock
        self._minutes: deque[tuple[float, Counter[str]]] = deque()

    def add(self, reason: str) -> None:
        """One more."""
        now = self._clock()
        if not self._minutes or now - self._minutes[-1][0] >= STEP:
            self._minutes.append((now, Counter()))
        self._minutes[-1][1][reason] += 1
        self._forget(now)

    def last_hour(self) -> dict[str, int]:
        """How many by reason, the most frequent first."""
        self._forget(self._clock())
        total: Counter[str] = sum((counts for _, counts in self._minutes), Counter())
        return dict(total.most_common())

    def _forget(self, now: float) -> None:
        while self._minutes and now - self._minutes[0][0] >= HOUR:
            self._minutes.popleft()
