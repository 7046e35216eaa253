"""The audio of one conversation: its legs, who sends them, and what happens when a sender goes away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import time
from typing import Protocol

from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.transcript import Transcript
from server.ingest.dialect import Audio
from server.live.conversation import LiveConversation
from server.live.leg import LiveLeg
from server.session import Commit, InterimHeard, Output
from server.spool import LegSpool, SpoolHeader
from server.store.errors import StorageError as DatabaseAway
from server.wire import events as ev
from server.wire import listen
from server.wire.base import ErrorCode

log = logging.getLogger(__name__)
STORE_PATIENCE = 60.0
"""Seconds for which words that cannot be stored are kept and tried again."""


class CallRefused(Exception):
    """This audio cannot be taken; `code` and the message tell the sender why."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Sender(Protocol):
    """A connection that delivers audio and is told what comes of it. None of these waits for the network."""

    def acked(self, leg: str, samples: int) -> None:
        """So much of the leg is durable."""

    def interim(self, interim: listen.Interim) -> None:
        """Words being spoken."""

    def final(self, final: listen.Final) -> None:
        """A committed utterance."""

    def chunk_done(self) -> None:
        """All that was heard in one piece of audio has been told."""

    def failed(self, code: ErrorCode, message: str) -> None:
        """The connection is of no further use."""


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


@dataclass(slots=True, eq=False)
class Slot:
    """A leg and its sender, None while nobody sends."""

    live: LiveLeg
    sender: Sender | None = None
    lost_at: float | None = None
    acked: int = -1
    cut_at: int = -1
    """Position at which the clock last closed an utterance."""
    finishing: bool = field(default=False)


class Call:
    """All audio of one conversation."""

    def __init__(self, live: LiveConversation, room: AudioRoom) -> None:
        self.live = live
        self.slots: dict[str, Slot] = {}
        self._room = room

    @property
    def idle(self) -> bool:
        """No leg is open."""
        return not self.slots

    # --- senders come and go

    def check(self, start: listen.Start, may_supersede: bool) -> None:
        """Raise CallRefused unless every leg of `start` is new, or open and free, and of the same format."""
        for spec in start.legs:
            known = self.live.session.state.legs.get(spec.leg)
            if known is None:
                continue
            if known.ended:
                raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this leg has ended; use another external id")
            if (known.encoding, known.sample_rate) != (start.encoding, start.sample_rate):
                raise CallRefused(ErrorCode.CONFLICT, "this leg was begun with another encoding or sample rate")
            slot = self.slots.get(spec.leg)
            if slot is not None and slot.finishing:
                raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this leg is ending")
            if slot is not None and slot.sender is not None and not may_supersede:
                raise CallRefused(ErrorCode.LEG_BUSY, "another sender delivers this leg")

    async def attach(self, start: listen.Start, sender: Sender, resumable: bool) -> int:
        """Make `sender` the source of the legs of `start`; the sample to send from.

        Call `check` first. Raises StorageError or StoreError.
        """
        offset = self._next_offset()
        for spec in start.legs:
            if spec.leg not in self.slots:
                await self._open(spec, start, offset)
        slots = [self.slots[spec.leg] for spec in start.legs]
        # What a sender is told to leave out must be safe even from a power cut.
        durable = [await slot.live.sync() for slot in slots]
        resume_from = min(durable)
        for slot in slots:
            if slot.sender is not None:
                slot.sender.failed(ErrorCode.SUPERSEDED, "another connection goes on with this leg")
            slot.live.skip = slot.live.spool.samples - resume_from if resumable else 0
            if not resumable and slot.live.spool.samples:
                await self._mark_missing(slot, "sender lost")
            slot.sender, slot.lost_at, slot.live.last_audio = sender, None, time()
        return resume_from

    def detach(self, sender: Sender) -> None:
        """The sender's connection is gone; its legs wait for another one."""
        for slot in self.slots.values():
            if slot.sender is sender:
                slot.sender, slot.lost_at = None, time()

    # --- audio

    async def audio(self, audio: Audio, sender: Sender) -> None:
        """Take audio of some legs; waits while decoding is too far behind. Raises StorageError."""
        decoded = []
        for name, samples in audio.samples.items():
            slot = self.slots.get(name)
            if slot is None or slot.sender is not sender or slot.finishing:
                return
            decoded.append(await slot.live.offer(samples, audio.raw[name]))
        asyncio.gather(*decoded, return_exceptions=True).add_done_callback(partial(self._chunk_done, sender))

    async def cut(self, sender: Sender) -> None:
        """Close the open utterances of the sender's legs."""
        mine = [slot for slot in self.slots.values() if slot.sender is sender]
        waiting = asyncio.gather(*[slot.live.cut() for slot in mine], return_exceptions=True)
        waiting.add_done_callback(partial(self._chunk_done, sender))

    def _chunk_done(self, sender: Sender, done: asyncio.Future[list[BaseException | None]]) -> None:
        if done.cancelled():
            return
        if any(isinstance(result, Exception) for result in done.result()):
            sender.failed(ErrorCode.INTERNAL, "this audio could not be decoded; connect again to go on")
        else:
            sender.chunk_done()

    async def acknowledge(self, sender: Sender) -> None:
        """Make what came from `sender` durable and tell it so. Raises StorageError."""
        for name, slot in list(self.slots.items()):
            if slot.sender is sender and slot.live.spool.samples > slot.acked:
                slot.acked = await slot.live.sync()
                sender.acked(name, slot.acked)

    async def end(self, sender: Sender, reason: str) -> dict[str, int]:
        """The sender has no more audio: finish its legs; samples per leg. Raises StorageError or StoreError."""
        names = [name for name, slot in self.slots.items() if slot.sender is sender]
        await self.acknowledge(sender)
        return {name: await self.finish_leg(name, reason) for name in names}

    async def finish_leg(self, name: str, reason: str) -> int:
        """Decode the rest of a leg, end it, and keep its recording; its length in samples."""
        slot = self.slots[name]
        slot.finishing = True
        await slot.live.finish()
        samples = slot.live.spool.samples
        await self._patiently(lambda s: s.end_leg(name, samples, reason, time()))
        del self.slots[name]
        await slot.live.stop()
        await self._room.keep_recording(self.live.conversation_id, slot.live.spool)
        return samples

    # --- time

    async def tick(self, now: float) -> None:
        """Close utterances whose audio has stopped, and legs whose sender does not come back."""
        for name, slot in list(self.slots.items()):
            if slot.finishing:
                continue
            if slot.sender is None:
                if slot.lost_at is not None and now - slot.lost_at > self._room.resume_seconds:
                    await self.finish_leg(name, "sender lost")
            elif now - slot.live.last_audio > self._room.stall_seconds and not slot.live.lead:
                self._close_stalled(slot)

    def _close_stalled(self, slot: Slot) -> None:
        position = slot.live.decoder.position
        if slot.live.decoder.in_speech and slot.cut_at != position:
            slot.cut_at = position
            slot.live.cut()

    async def close(self) -> None:
        """Let go of everything without ending the legs: they can be resumed after a restart."""
        for slot in self.slots.values():
            await slot.live.close()

    # --- inside

    async def recover(self) -> None:
        """After a restart: open the legs that had not ended and decode what nobody has decoded yet."""
        for name, known in self.live.session.state.legs.items():
            if known.ended or name in self.slots:
                continue
            spool = await asyncio.to_thread(LegSpool.open, self._room.data_dir, self.live.conversation_id, name)
            slot = self._slot(name, spool, known.language, known.decoded_to)
            slot.lost_at = time()
            slot.live.replay_spool()

    def _next_offset(self) -> float:
        """Where a leg that begins now lies: the first legs at the origin, later ones by the clock."""
        state = self.live.session.state
        return round(max(0.0, time() - state.started_at), 3) if state.legs else 0.0

    async def _open(self, spec: listen.LegSpec, start: listen.Start, offset: float) -> None:
        known = self.live.session.state.legs.get(spec.leg)
        if known is not None:
            await self.recover()
            return
        language = spec.language or start.language
        header = SpoolHeader(spec.leg, start.encoding, start.sample_rate, offset, spec.role, language)
        spool = await asyncio.to_thread(LegSpool.create, self._room.data_dir, self.live.conversation_id, header)
        started = ev.LegStarted(
            leg=spec.leg,
            role=spec.role,
            language=language,
            encoding=start.encoding,
            sample_rate=start.sample_rate,
            offset=offset,
        )
        try:
            await self.live.do(lambda session: session.open_leg(started, time()))
        except BaseException:
            spool.close()
            raise
        self._slot(spec.leg, spool, language, 0)

    def _slot(self, name: str, spool: LegSpool, language: str, decoded_to: int) -> Slot:
        pool = self._room.pools[language]
        decoder = LegDecoder(
            name,
            spool.header.sample_rate,
            pool,
            start_sample=decoded_to,
            end_silence=self._room.end_silence,
            interim_interval=self._room.interim_interval,
        )
        heard = partial(self._heard, name)
        slot = Slot(LiveLeg(name, spool, decoder, self._room.executor, heard, self._room.max_lead))
        self.slots[name] = slot
        return slot

    async def _mark_missing(self, slot: Slot, reason: str) -> None:
        header = slot.live.spool.header
        where = header.offset + slot.live.spool.samples / header.sample_rate
        missing = max(0.0, time() - (slot.lost_at or time()))
        gap = ev.LegGap(leg=slot.live.name, start=where, end=where, missing=round(missing, 2), reason=reason)
        await self.live.do(lambda session: session.gap(gap, time()))

    async def _heard(self, name: str, transcript: Transcript, speech_end: float) -> None:
        outputs = await self._patiently(lambda session: session.heard(transcript, time(), speech_end))
        sender = self.slots[name].sender
        if sender is not None:
            _tell(sender, outputs)

    async def _patiently(self, step: Callable[..., list[Output]]) -> list[Output]:
        """Take a step, again and again while the database is away. Raises DatabaseAway after `STORE_PATIENCE`."""
        deadline, pause = time() + STORE_PATIENCE, 0.05
        while True:
            try:
                return await self.live.do(step)
            except DatabaseAway as error:
                if time() + pause > deadline:
                    raise
                log.warning("cannot store, trying again: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)


def _tell(sender: Sender, outputs: list[Output]) -> None:
    for output in outputs:
        match output:
            case InterimHeard():
                sender.interim(listen.Interim(leg=output.leg, text=output.text, start=output.start, end=output.end))
            case Commit(event) if isinstance(event.payload, ev.Utterance):
                sender.final(_final(event.payload))


def _final(utterance: ev.Utterance) -> listen.Final:
    assert utterance.leg is not None and utterance.start_sample is not None and utterance.end_sample is not None
    return listen.Final(
        leg=utterance.leg,
        utterance_id=utterance.utterance_id,
        text=utterance.text,
        start=utterance.start,
        end=utterance.end,
        start_sample=utterance.start_sample,
        end_sample=utterance.end_sample,
        words=list(utterance.words),
    )
