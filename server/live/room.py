"""What all calls of a node share."""

from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from asr.pool import RecognizerPool
from asr.repeats import Prints
from server.spool import LegSpool
from server.watch.metrics import Metrics

if TYPE_CHECKING:
    from server.live.load import LoadMeter


@dataclass(frozen=True, slots=True)
class AudioRoom:
    """What calls share: recognisers by language, threads, disk, and the timing rules (seconds)."""

    data_dir: Path
    pools: dict[str, RecognizerPool]
    executor: Executor
    end_silence: float
    interim_interval: float
    max_lead: float
    stall_seconds: float
    resume_seconds: float
    keep_recording: Callable[[str, LegSpool], Awaitable[None]]
    """Told of each ended leg (conversation id, its spool): turns it into a recording and closes the spool."""
    prompts: Prints = field(default_factory=Prints.empty)
    """The announcements that are known beforehand."""
    load: "LoadMeter | None" = None
    """Measures what the calls cost; None: only a fixed number limits them."""
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def pressed(self) -> bool:
        """Whether what can be left out should be, since decoding is all that the threads manage."""
        return self.load is not None and self.load.capacity.pressed
