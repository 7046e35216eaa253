"""When audio is due, and when it was sent."""

import asyncio
import time
from bisect import bisect_left


class Pacer:
    """Real time of a call: sample `n` exists `n / rate / speed` seconds after the call began.

    Streams of one call share a pacer, so that their legs stay in step.
    """

    def __init__(self, sample_rate: int, speed: float) -> None:
        """`speed` 2 plays twice as fast as the people spoke."""
        self._rate = sample_rate * speed
        self._origin: float | None = None

    def begin(self) -> None:
        """The call begins now; later calls change nothing."""
        if self._origin is None:
            self._origin = time.monotonic()

    async def until(self, sample: int) -> None:
        """Wait until `sample` exists; returns at once if it did long ago."""
        if self._origin is None:
            raise RuntimeError("the call has not begun")
        await asyncio.sleep(max(0.0, self._origin + sample / self._rate - time.monotonic()))


class SendLog:
    """When each sample was sent for the first time, in monotonic seconds."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self._ends: list[int] = []
        self._times: list[float] = []

    def sent(self, end_sample: int) -> None:
        """All samples before `end_sample` are sent by now. Samples sent again keep their first time."""
        if not self._ends or end_sample > self._ends[-1]:
            self._ends.append(end_sample)
            self._times.append(time.monotonic())

    def since(self, sample: int) -> float | None:
        """Seconds since the audio just before `sample` was sent; None if it never was."""
        index = bisect_left(self._ends, sample)
        return time.monotonic() - self._times[index] if index < len(self._ends) else None
