"""What the node's calls cost, measured at each tick, and the room that is left."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from math import inf
from time import monotonic

from server.live.call import Call
from server.live.capacity import Capacity, Carried, Tick
from server.live.leg import LiveLeg
from server.live.threads import DecoderThreads

log = logging.getLogger(__name__)
TRIAL_SECONDS = 60.0
"""Time between two looks at how fast an idle node decodes."""


class LoadMeter:
    """Feeds a `Capacity` with what the decoding threads and the legs did. Belongs to the event loop."""

    def __init__(self, capacity: Capacity, threads: DecoderThreads, trial: Callable[[], float] | None = None) -> None:
        """`trial` says what a leg costs, without any call; it takes a moment, and belongs to a thread."""
        self.capacity = capacity
        self.audio = 0.0
        """Seconds of legs' audio decoded so far."""
        self._threads = threads
        self._trial = trial
        self._tried = -inf
        self._at = monotonic()
        self._worked = threads.worked

    @property
    def worked(self) -> float:
        """Seconds that the decoding threads have worked so far, all together."""
        return self._threads.worked

    def tick(self, calls: Iterable[Call], now: float) -> None:
        """Measure what happened since the last tick; `now` in monotonic seconds."""
        legs = _legs(calls)
        if not legs and now - self._tried > TRIAL_SECONDS:
            self._tried = now
            self._try()
        worked = self._threads.worked
        behind = sum(leg.behind for leg in legs) / max(1, len(legs))
        audio = sum(leg.take_decoded() for leg in legs)
        self.audio += audio
        self.capacity.measure(Tick(now - self._at, max(0.0, worked - self._worked), audio, behind))
        self._at, self._worked = now, worked

    def room(self, calls: Mapping[Call, float], now: float) -> int:
        """Calls that can be admitted beside `calls`, which map to when they began (monotonic seconds)."""
        return self.capacity.room(Carried(now - since, len(call.slots)) for call, since in calls.items())

    def _try(self) -> None:
        """Nobody is heard: see how fast this machine is now."""
        if self._trial is not None:
            trial = asyncio.wrap_future(self._threads.submit_uncounted(self._trial))
            trial.add_done_callback(self._take)

    def _take(self, trial: asyncio.Future[float]) -> None:
        if trial.cancelled():
            return
        if (error := trial.exception()) is not None:
            log.error("the speed of decoding could not be tried: %s", type(error).__name__)
        else:
            self.capacity.expect(trial.result())


def _legs(calls: Iterable[Call]) -> list[LiveLeg]:
    return [slot.live for call in calls for slot in call.slots.values()]
