"""CPU and memory of a process on this machine, from /proc."""

import asyncio
import contextlib
import os
import time
from pathlib import Path
from types import TracebackType

from server.replay.errors import ReplayError

_EVERY = 0.5


class ProcessMeter:
    """Measures a process while it is entered; without a process all figures are None."""

    def __init__(self, pid: int | None) -> None:
        """Raises `ReplayError` if there is no such process (or no /proc)."""
        self._folder = Path("/proc") / str(pid) if pid is not None else None
        if self._folder is not None and not (self._folder / "stat").is_file():
            raise ReplayError(f"there is no process {pid} on this machine to measure")
        self._watching: asyncio.Task[None] | None = None
        self._begun = (0.0, 0.0)
        self._last = (0.0, 0.0)
        self._peak = 0

    @property
    def cpu_cores(self) -> float | None:
        """Cores that the process kept busy on average; None if it was not measured."""
        wall = self._last[0] - self._begun[0]
        return round((self._last[1] - self._begun[1]) / wall, 3) if wall > 0 else None

    @property
    def peak_rss_mb(self) -> float | None:
        """Most resident memory seen, in MiB; None if it was not measured."""
        return round(self._peak / 2**20, 1) if self._peak else None

    async def __aenter__(self) -> "ProcessMeter":
        """Start measuring."""
        if self._folder is not None:
            self._begun = (time.monotonic(), _cpu_seconds(self._folder))
            self._watching = asyncio.create_task(self._watch(self._folder))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop measuring."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching

    async def _watch(self, folder: Path) -> None:
        with contextlib.suppress(OSError):  # the process is gone: keep what was seen
            while True:
                self._last = (time.monotonic(), _cpu_seconds(folder))
                self._peak = max(self._peak, _rss_bytes(folder))
                await asyncio.sleep(_EVERY)


def _cpu_seconds(folder: Path) -> float:
    # The process name, in parentheses, may hold spaces; utime and stime are fields 14 and 15.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_bytes(folder: Path) -> int:
    return int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
