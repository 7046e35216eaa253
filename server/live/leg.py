"""One stream of audio: spooled first, then decoded in order on a thread."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from time import time

from asr import audio
from asr.audio import Samples
from asr.leg import LegDecoder
from asr.transcript import Transcript
from server.spool import LegSpool

Heard = Callable[[Transcript, float], Awaitable[None]]
"""Told of each transcript and of when its last word was spoken (Unix seconds)."""

ARRIVALS = 600


@dataclass(slots=True, eq=False)
class _Work:
    """Audio to decode, or a cut or the end of the leg; `done` when it and everything before it has been told."""

    decode: Callable[[], list[Transcript]]
    seconds: float
    done: asyncio.Future[None]


class LiveLeg:
    """Takes a leg's audio, keeps it, decodes it. Call its methods from the event loop only."""

    def __init__(
        self, name: str, spool: LegSpool, decoder: LegDecoder, executor: Executor, heard: Heard, max_lead: float
    ) -> None:
        """`max_lead`: seconds of undecoded audio at which `offer` begins to wait."""
        self.name = name
        self.spool = spool
        self.decoder = decoder
        self.last_audio = time()
        self.skip = 0
        """Samples at the head of what comes next that were heard before."""
        self._executor = executor
        self._heard = heard
        self._max_lead = max_lead
        self._queue: asyncio.Queue[_Work] = asyncio.Queue()
        self._lead = 0.0
        self._room = asyncio.Event()
        self._room.set()
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=ARRIVALS)
        self._worker = asyncio.create_task(self._work())

    @property
    def sample_rate(self) -> int:
        """Samples per second of the source."""
        return self.spool.header.sample_rate

    @property
    def lead(self) -> float:
        """Seconds of audio received and not decoded yet."""
        return self._lead

    async def offer(self, samples: Samples, raw: bytes) -> asyncio.Future[None]:
        """Spool and queue audio; waits while too much is undecoded. The future is done once it has been decoded.

        Raises StorageError when the audio could not be spooled; it is then not decoded either.
        """
        samples, raw = self._unheard(samples, raw)
        await self._room.wait()
        loop = asyncio.get_running_loop()
        if len(samples):
            await loop.run_in_executor(None, self.spool.append, raw)
        self.last_audio = time()
        self._arrivals.append((self.spool.samples, self.last_audio))
        return self._put(lambda: self.decoder.feed(samples), len(samples) / self.sample_rate)

    def replay_spool(self) -> asyncio.Future[None]:
        """Decode what the spool holds beyond the decoder's position (after a restart), before anything that follows."""
        start, end = self.decoder.position, self.spool.samples

        def decode() -> list[Transcript]:
            raw = self.spool.read(start, end - start)
            return self.decoder.feed(audio.decode(raw, self.spool.header.encoding))

        return self._put(decode, (end - start) / self.sample_rate)

    def cut(self) -> asyncio.Future[None]:
        """Close the open utterance where the audio is now."""
        return self._put(self.decoder.close_utterance, 0.0)

    def finish(self) -> asyncio.Future[None]:
        """The leg is over: decode the rest."""
        return self._put(self.decoder.finish, 0.0)

    async def sync(self) -> int:
        """Make the spool durable; samples on disk for good."""
        return await asyncio.get_running_loop().run_in_executor(None, self.spool.sync)

    async def stop(self) -> None:
        """Stop decoding; the spool stays open."""
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._executor, self.decoder.abandon)

    async def close(self) -> None:
        """Stop decoding and let go of the spool; what is on disk stays."""
        await self.stop()
        self.spool.close()

    def clock(self, seconds: float) -> float:
        """When the audio at `seconds` of the leg arrived, in Unix seconds; now, if nobody remembers."""
        sample = seconds * self.sample_rate
        for end_sample, at in self._arrivals:
            if end_sample >= sample:
                return at - (end_sample - sample) / self.sample_rate
        return time()

    def _unheard(self, samples: Samples, raw: bytes) -> tuple[Samples, bytes]:
        if not self.skip:
            return samples, raw
        known = min(self.skip, len(samples))
        self.skip -= known
        width = len(raw) // max(1, len(samples))
        return samples[known:], raw[known * width :]

    def _put(self, decode: Callable[[], list[Transcript]], seconds: float) -> asyncio.Future[None]:
        work = _Work(decode, seconds, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(work)
        self._lead += seconds
        if self._lead > self._max_lead:
            self._room.clear()
        return work.done

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            work = await self._queue.get()
            try:
                for transcript in await loop.run_in_executor(self._executor, work.decode):
                    await self._heard(transcript, self.clock(transcript.end))
            except Exception as error:  # noqa: BLE001 - whoever waits for this audio is told; the audio itself is in the spool
                _settle(work.done, error)
            else:
                _settle(work.done, None)
            finally:
                self._lead -= work.seconds
                if self._lead <= self._max_lead:
                    self._room.set()


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
        done.exception()
