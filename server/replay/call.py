"""A whole call: all its legs, over one socket or several."""

import asyncio

from server.replay.audio import CallAudio
from server.replay.errors import BadOptionError
from server.replay.native_client import NativeClient
from server.replay.options import CallOptions, ClientDialect, Sockets
from server.replay.pacing import Pacer
from server.replay.stream import Emit, Stream, StreamClient
from server.replay.tally import Tally
from server.replay.vosk_client import VoskClient


async def play_call(audio: CallAudio, options: CallOptions, emit: Emit, tally: Tally | None = None) -> Tally:
    """Play `audio` in real time (times `options.speed`) until the server has heard it all; returns the figures.

    `tally` may be given to see the figures of a call that failed. Raises `ReplayError` and its kinds.
    """
    tally = tally or Tally()
    pacer = Pacer(audio.sample_rate, options.speed)
    streams = [Stream(client, part, options, pacer, tally, emit) for client, part in _clients(audio, options)]
    try:
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(stream.run())
    except ExceptionGroup as failures:
        # The first failure ends the call; the streams cancelled by it have nothing to add.
        raise _first(failures) from failures
    return tally


def _clients(audio: CallAudio, options: CallOptions) -> list[tuple[StreamClient, CallAudio]]:
    if options.dialect is ClientDialect.VOSK:
        if options.encoding != "pcm16":
            raise BadOptionError("the Vosk dialect carries pcm16 only")
        return [(VoskClient(options, leg, audio.sample_rate), audio.only(leg)) for leg in audio.tracks]
    groups = [[leg] for leg in audio.tracks] if options.sockets is Sockets.PER_LEG else [list(audio.tracks)]
    return [
        (NativeClient(options, legs, audio.sample_rate), audio if len(legs) > 1 else audio.only(legs[0]))
        for legs in groups
    ]


def _first(failures: ExceptionGroup[Exception]) -> Exception:
    first = failures.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
