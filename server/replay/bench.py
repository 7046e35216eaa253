"""Many calls at once, measured."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from server.replay.audio import CallAudio
from server.replay.call import play_call
from server.replay.errors import LostError, RefusedError, ReplayError
from server.replay.options import CallOptions
from server.replay.process import ProcessMeter
from server.replay.receipts import fetch_receipts, suggestion_lags
from server.replay.tally import Tally, lag_figures

_STAGGER = 0.05
"""Seconds between the starts of two calls: people do not all call in the same instant."""


@dataclass(frozen=True, slots=True)
class _Played:
    audio: CallAudio
    tally: Tally
    suggestion_lags: list[float]
    refused: bool = False
    error: ReplayError | None = None

    @property
    def failed(self) -> bool:
        """Admitted (or never answered), and not brought to its end."""
        return self.error is not None and not self.refused

    def dropped(self) -> float:
        """Seconds of audio, over all legs, that the server never acknowledged."""
        if self.refused or not self.tally.acked:  # the Vosk dialect has no acknowledgements
            return len(self.audio.tracks) * self.audio.samples / self.audio.sample_rate if self.failed else 0.0
        missing = sum(self.audio.samples - self.tally.acked.get(leg, 0) for leg in self.audio.tracks)
        return max(0, missing) / self.audio.sample_rate


async def bench_calls(
    calls: Sequence[CallAudio], options: CallOptions, pid: int | None, show_progress: bool = False
) -> dict[str, Any]:
    """Play all `calls` at once in real time; `pid` is the server's process, if it runs here.

    Raises `ReplayError` where no call could be tried (wrong key, wrong URL, no server).
    """
    meter = ProcessMeter(pid)
    with Progress(
        SpinnerColumn(), TextColumn(f"playing {len(calls)} calls"), TimeElapsedColumn(),
        console=Console(stderr=True), disable=not show_progress, transient=True,
    ) as progress:  # fmt: skip
        progress.add_task("calls")
        async with meter:
            played = await asyncio.gather(
                *(_play(audio, replace(options, external_id=f"{options.external_id}-{number}"), number * _STAGGER)
                  for number, audio in enumerate(calls))
            )  # fmt: skip
    if played[0].error and all(isinstance(call.error, LostError) and not call.tally.finals for call in played):
        raise played[0].error  # nobody is there: no figures
    return _figures(played, meter)


async def _play(audio: CallAudio, options: CallOptions, delay: float) -> _Played:
    await asyncio.sleep(delay)
    tally = Tally()
    try:
        await play_call(audio, options, _ignore, tally)
    except RefusedError as error:
        return _Played(audio, tally, [], refused=tally.conversation_id is None, error=error)
    except LostError as error:
        return _Played(audio, tally, [], error=error)
    receipts = await fetch_receipts(options, tally.conversation_id)
    return _Played(audio, tally, suggestion_lags(receipts or {}))


def _figures(played: Sequence[_Played], meter: ProcessMeter) -> dict[str, Any]:
    admitted = [call for call in played if not call.refused]
    return {
        "calls_asked": len(played),
        "calls_admitted": len(admitted),
        "calls_refused": len(played) - len(admitted),
        "calls_failed": sum(call.failed for call in played),
        "finals": sum(call.tally.finals for call in admitted),
        "reconnects": sum(call.tally.reconnects for call in admitted),
        **lag_figures("final_lag", [lag for call in admitted for lag in call.tally.final_lags]),
        **lag_figures("suggestion_lag", [lag for call in admitted for lag in call.suggestion_lags]),
        "dropped_audio_seconds": round(sum(call.dropped() for call in admitted), 3),
        "cpu_cores": meter.cpu_cores,
        "rss_mb": meter.peak_rss_mb,
    }


def _ignore(event: dict[str, Any]) -> None:
    """A benchmark needs the figures, not the words."""
