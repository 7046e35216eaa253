"""The audio of one conversation: its legs, who sends them, and what happens when a sender goes away."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from time import monotonic, time

from asr.leg import LegDecoder
from asr.transcript import Transcript
from server.ingest.dialect import Audio
from server.live.conversation import LiveConversation
from server.live.leg import LiveLeg
from server.live.room import AudioRoom
from server.live.sender import CallRefused, Sender, tell
from server.session import Output, Session
from server.spool import LegSpool, SpoolHeader, StorageError
from server.store.errors import StoreError
from server.wire import events as ev
from server.wire import listen
from server.wire.base import ErrorCode

log = logging.getLogger(__name__)
STORE_PATIENCE = 60.0
"""Seconds for which words that cannot be stored are tried again before they are decoded anew."""
MAX_LEGS = 4
"""Legs of one call; each costs the CPU of one recogniser."""


@dataclass(slots=True, eq=False)
class Slot:
    """A leg and its sender, None while nobody sends: since `lost_at`."""

    live: LiveLeg
    lost_at: float | None
    sender: Sender | None = None
    acked: int = -1
    cut_at: int = -1
    """Position at which the clock last closed an utterance."""
    finishing: bool = False


class Call:
    """All audio of one conversation."""

    def __init__(self, live: LiveConversation, room: AudioRoom) -> None:
        self.live = live
        self.slots: dict[str, Slot] = {}
        self.joining = 0
        """Senders whose legs are being opened."""
        self._room = room
        self._finishing: set[asyncio.Task[int]] = set()

    @property
    def idle(self) -> bool:
        """No leg is open, or about to be."""
        return not self.slots and not self.joining

    # --- senders come and go

    def check(self, start: listen.Start, may_supersede: bool) -> None:
        """Raise CallRefused unless every leg of `start` is new, or open and free, and of the same format."""
        if len(self.live.session.state.legs.keys() | {spec.leg for spec in start.legs}) > MAX_LEGS:
            raise CallRefused(ErrorCode.POLICY, f"a call has at most {MAX_LEGS} legs")
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

    async def attach(self, start: listen.Start, sender: Sender, resumable: bool, fresh: bool) -> int:
        """Make `sender` the source of the legs of `start`; the sample to send from.

        `fresh`: the conversation begins with this audio. Call `check` first. Raises StorageError or StoreError.
        """
        offset = 0.0 if fresh else round(max(0.0, time() - self.live.session.state.started_at), 3)
        for spec in start.legs:
            if spec.leg not in self.slots:
                await self._open(spec, start, offset)
        slots = [self.slots[spec.leg] for spec in start.legs]
        async with AsyncExitStack() as stack:
            for slot in slots:
                await stack.enter_async_context(slot.live.intake)
            return await self._hand_over(slots, sender, resumable)

    async def _hand_over(self, slots: list[Slot], sender: Sender, resumable: bool) -> int:
        """Give the legs to `sender` while nobody can add audio; the sample to send from."""
        if any(slot.finishing for slot in slots):
            raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this leg is ending")
        # What a sender is told to leave out must be safe even from a power cut.
        resume_from = min([await slot.live.sync() for slot in slots])
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
        """Take audio of some legs; waits while decoding is too far behind.

        Raises StorageError; then the sender has to attach again.
        """
        decoded = []
        for name, raw in audio.raw.items():
            slot = self.slots.get(name)
            try:
                done = await slot.live.offer(raw, partial(_delivers, slot, sender)) if slot is not None else None
            except StorageError:
                # Whatever it sends next would lie where the lost audio belongs.
                self.detach(sender)
                raise
            if done is None:
                return
            decoded.append(done)
        _when_done(decoded, sender.chunk_done)

    async def cut(self, sender: Sender) -> None:
        """Close the open utterances of the sender's legs."""
        _when_done([slot.live.cut() for slot in self.slots.values() if slot.sender is sender], sender.chunk_done)

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
        try:
            async with slot.live.intake:
                samples = slot.live.spool.samples
            await slot.live.finish()
            await self._patiently(partial(_end_leg, name, samples, reason))
        except BaseException:
            slot.finishing, slot.sender, slot.lost_at = False, None, time()
            raise
        del self.slots[name]
        await slot.live.stop()
        await self._room.keep_recording(self.live.conversation_id, slot.live.spool)
        return samples

    # --- time

    def tick(self, now: float) -> None:
        """Close utterances whose audio has stopped, and legs whose sender does not come back."""
        for name, slot in list(self.slots.items()):
            if slot.finishing or slot.live.intake.locked():
                continue
            if slot.sender is None:
                if slot.lost_at is not None and now - slot.lost_at > self._room.resume_seconds:
                    self._finish_soon(name)
            elif now - slot.live.last_audio > self._room.stall_seconds and not slot.live.lead:
                self._close_stalled(slot)

    def _finish_soon(self, name: str) -> None:
        self.slots[name].finishing = True
        task = asyncio.create_task(self.finish_leg(name, "sender lost"))
        self._finishing.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[int]) -> None:
        self._finishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a leg could not be ended, trying again later: %s", type(error).__name__)

    def _close_stalled(self, slot: Slot) -> None:
        position = slot.live.decoder.position
        if slot.live.decoder.in_speech and slot.cut_at != position:
            slot.cut_at = position
            slot.live.cut()

    async def close(self) -> None:
        """Let go of everything without ending the legs: they can be resumed after a restart."""
        for task in self._finishing:
            task.cancel()
        await asyncio.gather(*self._finishing, return_exceptions=True)
        for slot in self.slots.values():
            await slot.live.close()

    # --- inside

    async def recover(self) -> None:
        """After a restart: open the legs that had not ended and decode what nobody has decoded yet.

        A leg whose audio cannot be read is ended where decoding got to, and the log says so; one in a language
        that is not loaded any more waits for a start that loads it.
        """
        for name, known in list(self.live.session.state.legs.items()):
            if known.ended or name in self.slots:
                continue
            if known.language not in self._room.pools:
                log.error("conversation %s: no speech model for a leg; its audio waits", self.live.conversation_id)
                continue
            try:
                await self._reopen(name, known.language)
            except StorageError as error:
                log.error("conversation %s: a leg's audio is lost: %s", self.live.conversation_id, error)
                await self._patiently(partial(_end_leg, name, known.decoded_to, "audio lost"))

    async def _reopen(self, name: str, language: str) -> None:
        data_dir, conversation_id = self._room.data_dir, self.live.conversation_id
        spool = await asyncio.to_thread(LegSpool.open, data_dir, conversation_id, name)
        self._slot(name, spool, language).live.catch_up()

    async def _open(self, spec: listen.LegSpec, start: listen.Start, offset: float) -> None:
        if spec.leg in self.live.session.state.legs:
            await self.recover()
            if spec.leg not in self.slots:
                raise CallRefused(ErrorCode.STORAGE, "this leg's earlier audio cannot be read; use another id")
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
        self._slot(spec.leg, spool, language)

    def _slot(self, name: str, spool: LegSpool, language: str) -> Slot:
        room = self._room

        def fresh(start_sample: int) -> LegDecoder:
            return LegDecoder(
                name,
                spool.header.sample_rate,
                room.pools[language],
                start_sample=start_sample,
                end_silence=room.end_silence,
                interim_interval=room.interim_interval,
            )

        decoded_to = self.live.session.state.legs[name].decoded_to
        heard = partial(self._heard, name)
        slot = Slot(LiveLeg(name, spool, fresh, decoded_to, room.executor, heard, room.max_lead), time())
        self.slots[name] = slot
        return slot

    async def _mark_missing(self, slot: Slot, reason: str) -> None:
        header = slot.live.spool.header
        where = header.offset + slot.live.spool.samples / header.sample_rate
        missing = max(0.0, time() - (slot.lost_at or time()))
        gap = ev.LegGap(leg=slot.live.name, start=where, end=where, missing=round(missing, 2), reason=reason)
        await self.live.do(lambda session: session.gap(gap, time()))

    async def _heard(self, name: str, transcript: Transcript, speech_end: float) -> None:
        slot = self.slots[name]
        if transcript.final:
            # A boundary must not be stored before its audio is: decoding would go on beyond the spool.
            await slot.live.sync()
        outputs = await self._patiently(lambda session: session.heard(transcript, time(), speech_end))
        if slot.sender is not None:
            tell(slot.sender, outputs)

    async def _patiently(self, step: Callable[..., list[Output]]) -> list[Output]:
        """Take a step, again and again while it cannot be stored. Raises StoreError after `STORE_PATIENCE`."""
        deadline, pause = monotonic() + STORE_PATIENCE, 0.05
        while True:
            try:
                return await self.live.do(step)
            except StoreError as error:
                if monotonic() + pause > deadline:
                    raise
                log.warning("cannot store, trying again: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(1.0, pause * 2)


def _delivers(slot: Slot, sender: Sender) -> bool:
    return slot.sender is sender and not slot.finishing


def _end_leg(name: str, samples: int, reason: str, session: Session) -> list[Output]:
    return session.end_leg(name, samples, reason, time())


def _when_done(work: Sequence[asyncio.Future[None]], then: Callable[[], None]) -> None:
    """Call `then` once all `work` is done; never if the leg is let go before."""
    waiting = asyncio.gather(*work)
    waiting.add_done_callback(lambda done: None if done.cancelled() else then())
