"""One stream of audio: spooled first, then decoded from the spool, in order, on a thread."""

import asyncio
import logging
from bisect import insort
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic, time

from asr import audio
from asr.leg import LegDecoder
from asr.transcript import Transcript
from server.live.pressure import thinned
from server.spool import LegSpool, StorageError
from server.store.errors import StorageError as NotStored
from server.store.errors import StoreError

log = logging.getLogger(__name__)
Heard = Callable[[Transcript, float], Awaitable[bool | None]]
"""Told of each transcript and of when its last word was spoken (Unix seconds).

True: it is of no use, as another language is spoken there; to be decoded again from the last boundary.
"""

BLOCK_SECONDS = 0.3
"""Most audio decoded in one go: legs take turns, and one that is far behind holds a thread no longer than that."""
ATTEMPTS = 3
"""Failures at one boundary before the audio up to the next mark is given up as unheard."""
LONGEST_PAUSE = 5.0
STORE_LEAD = 120.0
"""Seconds of undecoded audio at which a sender is held back while what was heard cannot be stored."""
ARRIVALS = 600


class _Kind(Enum):
    AUDIO = auto()
    CUT = auto()
    FINISH = auto()


@dataclass(frozen=True, slots=True, eq=False)
class _Mark:
    """Decode up to `position` samples, then cut or finish; `done` once that and all before it has been told."""

    position: int
    kind: _Kind
    done: asyncio.Future[None]


class LiveLeg:
    """Takes a leg's audio, keeps it, decodes it. Call its methods from the event loop only.

    The spool is the truth: whatever fails while decoding or telling, a fresh decoder goes on from the last
    committed boundary with the audio that lies there.
    """

    def __init__(
        self,
        name: str,
        spool: LegSpool,
        fresh: Callable[[int], LegDecoder],
        decoded_to: int,
        executor: Executor,
        heard: Heard,
        max_lead: float,
    ) -> None:
        """`fresh` makes a decoder that starts at a sample, `decoded_to` is the last committed boundary.

        `max_lead`: seconds of undecoded audio at which `offer` begins to wait.
        """
        self.name = name
        self.spool = spool
        self.decoder = fresh(decoded_to)
        self.last_audio = monotonic()
        """When audio came last, in monotonic seconds."""
        self.skip = 0
        """Samples at the head of what comes next that were heard before."""
        self.held_back = False
        """Audio has had to wait; set back by whoever asks."""
        self.intake = asyncio.Lock()
        """Held while audio is added, or while it is settled who adds it."""
        self._gaps: list[int] = []
        self._fresh = fresh
        self._boundary = decoded_to
        """End of the last final that was told. What was told is stored; what a session holds may not be."""
        self._executor = executor
        self._heard = heard
        self._max_lead = round(max_lead * self.sample_rate)
        self._waiting = False
        """What was decoded waits for the store or the disk: holding back the sender would not help."""
        self._room = asyncio.Event()
        self._room.set()
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=ARRIVALS)
        self._undecoded: deque[tuple[int, float]] = deque()
        """End of each piece of audio that is not decoded yet (samples), and when it came (monotonic seconds)."""
        self._interval = self.decoder.interim_interval
        self._decoded = self._reported = 0
        self._marks: asyncio.Queue[_Mark] = asyncio.Queue()
        self._decoding: asyncio.Future[list[Transcript]] | None = None
        self._worker = asyncio.create_task(self._work())

    @property
    def sample_rate(self) -> int:
        """Samples per second of the source."""
        return self.spool.header.sample_rate

    @property
    def lead(self) -> float:
        """Seconds of audio received that the decoder does not have yet."""
        return max(0, self.spool.samples - self.decoder.position) / self.sample_rate

    @property
    def behind(self) -> float:
        """Seconds for which the oldest audio that is not decoded yet has waited."""
        while self._undecoded and self._undecoded[0][0] <= self.decoder.position:
            self._undecoded.popleft()
        return monotonic() - self._undecoded[0][1] if self._undecoded else 0.0

    def take_decoded(self) -> float:
        """Seconds of audio decoded since this was asked last, those decoded again included."""
        decoded, self._reported = self._decoded - self._reported, self._decoded
        return decoded / self.sample_rate

    async def offer(self, raw: bytes, mine: Callable[[], bool]) -> asyncio.Future[None] | None:
        """Spool audio (in the source encoding); waits while too much is undecoded. Done once it has been decoded.

        None, and nothing is added, where `mine` says that meanwhile another sender delivers the leg.
        Raises StorageError when the audio could not be spooled.
        """
        self.held_back = self.held_back or not self._room.is_set()
        await self._room.wait()
        async with self.intake:
            if not mine():
                return None
            raw = self._unheard(raw)
            if raw:
                await self._append(raw)
            self.last_audio = monotonic()
            self._arrivals.append((self.spool.samples, time()))
            return self.catch_up()

    def catch_up(self) -> asyncio.Future[None]:
        """Decode everything that the spool holds."""
        return self._mark(_Kind.AUDIO)

    def cut(self) -> asyncio.Future[None]:
        """Close the open utterance where the audio is now."""
        return self._mark(_Kind.CUT)

    def part_at(self, sample: int) -> None:
        """Time is missing before this sample: no utterance goes on over it, whenever it is decoded."""
        if sample not in self._gaps:
            insort(self._gaps, sample)

    def finish(self) -> asyncio.Future[None]:
        """The leg is over: decode the rest."""
        return self._mark(_Kind.FINISH)

    async def sync(self) -> int:
        """Make the spool durable, as far as the disk takes it; samples on disk for good. Raises StorageError."""
        return await asyncio.get_running_loop().run_in_executor(None, self.spool.sync)

    async def secure(self, samples: int) -> None:
        """Make so many samples durable. Raises the store's StorageError where the disk does not take them now."""
        if await self.sync() < samples:
            raise NotStored("the audio is not safe on disk yet")

    def wait_for_store(self, waiting: bool) -> None:
        """What was decoded waits until it can be stored, or does no more."""
        self._waiting = waiting
        self._note_lead()

    async def stop(self) -> None:
        """Stop decoding; the spool stays open."""
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
        if self._decoding is not None:
            # The thread goes on after its task was cancelled, and a recogniser must not be used by two.
            await asyncio.wait([self._decoding])
        await self._abandon()

    async def _abandon(self) -> None:
        """Give the decoder's recogniser back."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self.decoder.abandon)
        except Exception as error:  # noqa: BLE001 - a broken recogniser is lost to its pool, and nothing else
            log.error("a recogniser could not be given back: %s", type(error).__name__)

    async def close(self) -> None:
        """Stop decoding and let go of the spool; what is on disk stays."""
        await self.stop()
        with suppress(StorageError):  # it is closed already
            if unsafe := self.spool.samples - await self.sync():
                log.error("%.1f s of a leg are lost: the disk does not take them", unsafe / self.sample_rate)
        self.spool.close()

    def clock(self, seconds: float) -> float:
        """When the audio at `seconds` of the leg arrived, in Unix seconds; now, if nobody remembers."""
        sample = seconds * self.sample_rate
        for end_sample, at in self._arrivals:
            if end_sample >= sample:
                return at - (end_sample - sample) / self.sample_rate
        return time()

    async def _append(self, raw: bytes) -> None:
        work = asyncio.get_running_loop().run_in_executor(None, self.spool.append, raw)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            # The thread goes on, and whoever holds the intake next must see what it writes.
            await asyncio.wait([work])
            raise

    def _unheard(self, raw: bytes) -> bytes:
        width = self.spool.header.bytes_per_sample
        known = min(self.skip, len(raw) // width)
        self.skip -= known
        return raw[known * width :]

    def _mark(self, kind: _Kind) -> asyncio.Future[None]:
        mark = _Mark(self.spool.samples, kind, asyncio.get_running_loop().create_future())
        self._marks.put_nowait(mark)
        if mark.position > (self._undecoded[-1][0] if self._undecoded else self.decoder.position):
            self._undecoded.append((mark.position, monotonic()))
        self._note_lead()
        return mark.done

    def _note_lead(self) -> None:
        longest = round(STORE_LEAD * self.sample_rate) if self._waiting else self._max_lead
        if self.spool.samples - self.decoder.position > longest:
            self._room.clear()
        else:
            self._room.set()

    async def _work(self) -> None:
        while True:
            mark = await self._marks.get()
            await self._reach(mark)
            if not mark.done.done():
                mark.done.set_result(None)

    async def _reach(self, mark: _Mark) -> None:
        """Decode to the mark, whatever it takes."""
        failures = 0
        while True:
            boundary = self._boundary
            try:
                if failures >= ATTEMPTS:
                    await self._give_up(boundary, mark.position)
                await self._decode_to(mark)
                return
            except Exception as error:  # noqa: BLE001 - the audio is safe in the spool and is decoded again
                failures = failures if self._boundary == boundary else 0
                # Words that cannot be stored now are not given up: only time helps, and it costs none of them.
                failures += not isinstance(error, StoreError)
                log.error("decoding a leg failed, trying again: %s", type(error).__name__)
                self.decoder = self._fresh(self._boundary)
                await asyncio.sleep(min(LONGEST_PAUSE, 0.1 * 2**failures))

    async def _decode_to(self, mark: _Mark) -> None:
        while True:
            while self.decoder.position < mark.position:
                self.decoder.interim_interval = thinned(self._interval, self.behind)
                await self._decode_on(mark.position)
                self._note_lead()
            if mark.kind is _Kind.AUDIO:
                return
            end = self.decoder.close_utterance if mark.kind is _Kind.CUT else self.decoder.finish
            if await self._tell(end):
                return

    async def _decode_on(self, limit: int) -> None:
        position = self.decoder.position
        if position in self._gaps and not await self._tell(self.decoder.close_utterance):
            return
        end = next((gap for gap in self._gaps if position < gap < limit), limit)
        await self._tell(lambda: self._feed(end))

    def _feed(self, limit: int) -> list[Transcript]:
        start = self.decoder.position
        count = min(limit - start, round(BLOCK_SECONDS * self.sample_rate))
        raw = self.spool.read(start, count)
        transcripts = self.decoder.feed(audio.decode(raw, self.spool.header.encoding))
        self._decoded += count
        return transcripts

    async def _tell(self, decode: Callable[[], list[Transcript]]) -> bool:
        """Decode and tell; False if what was heard is to be decoded again, by a decoder that has begun anew."""
        self._decoding = asyncio.get_running_loop().run_in_executor(self._executor, decode)
        for transcript in await asyncio.shield(self._decoding):
            if await self._heard(transcript, self.clock(transcript.end)):
                await self._abandon()
                self.decoder = self._fresh(self._boundary)
                return False
            if transcript.final:
                self._boundary = transcript.end_sample
        return True

    async def _give_up(self, start: int, end: int) -> None:
        """Commit a tile without words for audio that cannot be decoded, so that what follows can be heard."""
        if end > start:
            log.error("%.1f s of a leg could not be decoded", (end - start) / self.sample_rate)
            seconds = start / self.sample_rate, end / self.sample_rate
            await self._heard(Transcript(self.name, "", True, start, end, *seconds), time())
            self._boundary = end
        self.decoder = self._fresh(end)
