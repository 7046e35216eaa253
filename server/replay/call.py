"""A whole call: all its legs, over one socket or several."""

import asyncio

from server.replay.audio import CallAudio
from server.replay.clients import clients_for
from server.replay.options import CallOptions
from server.replay.pacing import Pacer
from server.replay.stream import Emit, Stream
from server.replay.tally import Tally


async def play_call(audio: CallAudio, options: CallOptions, emit: Emit, tally: Tally | None = None) -> Tally:
    """Play `audio` in real time (times `options.speed`) until the server has heard it all; returns the figures.

    `tally` may be given to see the figures of a call that failed. Raises `ReplayError` and its kinds.
    """
    tally = tally or Tally()
    pacer = Pacer(audio.sample_rate, options.speed)
    streams = [Stream(client, part, options, pacer, tally, emit) for client, part in clients_for(audio, options)]
    try:
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(stream.run())
    except ExceptionGroup as failures:
        # The first failure ends the call; the streams cancelled by it have nothing to add.
        raise _first(failures) from failures
    return tally


def _first(failures: ExceptionGroup[Exception]) -> Exception:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
