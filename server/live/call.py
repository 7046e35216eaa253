"""The audio of one conversation: its legs, who sends them, and what happens when a sender goes away."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from time import monotonic, time
from typing import Any

from asr.audio import silence
from asr.transcript import Transcript
from server.ingest.dialect import MOST_FILLED, Audio, Missing
from server.live.admission import check_start, heard_in
from server.live.conversation import LiveConversation
from server.live.decoders import LegDecoders
from server.live.leg import LiveLeg
from server.live.noticing import LanguageWatch
from server.live.patience import patiently
from server.live.room import AudioRoom
from server.live.sender import CallRefused, Sender, tell
from server.live.slot import SHORTEST_GAP, Slot, when_done
from server.session import Output, Session
from server.session.legs import change_languages
from server.spool import LegSpool, SpoolHeader, StorageError
from server.wire import events as ev
from server.wire import listen
from server.wire.base import ErrorCode

log = logging.getLogger(__name__)


class Call:
    """All audio of one conversation."""

    def __init__(self, live: LiveConversation, room: AudioRoom) -> None:
        self.live = live
        self._origin = monotonic() - max(0.0, time() - live.session.state.started_at)
        """When the conversation began, by a clock that nobody sets."""
        self.slots: dict[str, Slot] = {}
        self.joining = 0
        """Senders whose legs are being opened."""
        self._room = room
        self._finishing: set[asyncio.Task[Any]] = set()

    @property
    def idle(self) -> bool:
        """No leg is open, or about to be."""
        return not self.slots and not self.joining

    @property
    def behind(self) -> float:
        """Seconds for which the oldest audio that is not decoded yet has waited, of all legs."""
        return max((slot.live.behind for slot in self.slots.values()), default=0.0)

    @property
    def away(self) -> bool:
        """Nobody delivers any of the open legs: connections are gone, and may come back."""
        return bool(self.slots) and all(s.sender is None and not s.finishing for s in self.slots.values())

    # --- senders come and go

    def check(self, start: listen.Start, may_supersede: bool) -> None:
        """Raise CallRefused unless every leg of `start` is new, or open and free, and of the same format."""
        slots = [self.slots[spec.leg] for spec in start.legs if spec.leg in self.slots]
        # Of a connection that broke without a word one only notices that nothing comes any more.
        gone = all(slot.quiet(monotonic()) > self._room.stall_seconds for slot in slots)
        check_start(self.live.session.state, self.slots, start, may_supersede or gone)

    async def attach(self, start: listen.Start, sender: Sender, resumable: bool, fresh: bool, asked: float) -> int:
        """Make `sender` the source of the legs of `start`; the sample to send from.

        `fresh`: the conversation begins with this audio. `asked`: when the sender came. Call `check` first.
        Raises StorageError or StoreError.
        """
        offset = 0.0 if fresh else round(max(0.0, monotonic() - self._origin), 3)
        for spec in start.legs:
            if spec.leg not in self.slots:
                await self._open(spec, start, offset)
        slots = [self.slots[spec.leg] for spec in start.legs]
        async with AsyncExitStack() as stack:
            for slot in slots:
                await stack.enter_async_context(slot.live.intake)
            # One that waits for no answer has been talking since it came.
            streams_since = asked if not resumable and start.can_repeat else None
            return await self._hand_over(slots, sender, resumable, streams_since)

    async def _hand_over(self, slots: list[Slot], sender: Sender, resumable: bool, streams_since: float | None) -> int:
        """Give the legs to `sender` while nobody can add audio; the sample to send from."""
        if any(slot.finishing for slot in slots):
            raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this leg is ending")
        # What a sender is told to leave out must be safe even from a power cut.
        resume_from = min([await slot.live.sync() for slot in slots])
        for slot in slots:
            if slot.sender is not None:
                slot.sender.failed(ErrorCode.SUPERSEDED, "another connection goes on with this leg")
            await self._mark_gap(slot)
            slot.live.skip = slot.live.spool.samples - resume_from if resumable else 0
            slot.begin(sender, monotonic(), repeats=resumable)
            slot.streams_since = streams_since
        return resume_from

    def detach(self, sender: Sender) -> None:
        """The sender's connection is gone; its legs wait for another one."""
        for slot in self.slots.values():
            if slot.sender is sender:
                slot.sender, slot.lost_at = None, monotonic()

    def spoken_within(self, seconds: float, now: float) -> bool:
        """Whether audio came of some leg in the last `seconds`. `now`: monotonic."""
        return any(slot.sender is not None and slot.quiet(now) < seconds for slot in self.slots.values())

    # --- audio

    async def audio(self, audio: Audio, sender: Sender) -> None:
        """Take audio of some legs; waits while decoding is too far behind.

        Raises StorageError; then the sender has to attach again.
        """
        decoded, came = [], monotonic()  # while one leg is held back the other's sender has not stalled
        for name, raw in audio.raw.items():
            slot = self.slots.get(name)
            if slot is not None and slot.delivered_by(sender):
                slot.note_return(came, self._room.stall_seconds)
                await self._mark_absence(slot, raw)
            try:
                done = await slot.live.offer(raw, partial(slot.delivered_by, sender)) if slot is not None else None
            except StorageError:
                # Whatever it sends next would lie where the lost audio belongs.
                self.detach(sender)
                raise
            if done is None:
                return
            decoded.append(done)
        when_done(decoded, sender.chunk_done)

    async def missing(self, missing: Missing, sender: Sender) -> None:
        """Put silence in the place of audio that did not come, and mark it. Raises StorageError or StoreError."""
        slot = self.slots.get(missing.leg)
        if slot is None or not slot.delivered_by(sender):
            return
        position, rate = slot.live.spool.samples, slot.live.sample_rate
        if missing.samples > MOST_FILLED * rate:
            left_out = slot.left_out(missing.samples / rate, missing.reason)
            slot.live.part_at(position)
            await self._store(lambda session: session.gap(left_out, time()))
            return
        for start in range(0, missing.samples, rate):
            piece = silence(missing.encoding, min(rate, missing.samples - start))
            await self.audio(Audio({missing.leg: piece}, missing.encoding), sender)
        gap = slot.filled_gap(position, missing.reason)
        if gap.missing >= SHORTEST_GAP:
            await self._store(lambda session: session.gap(gap, time()))

    async def cut(self, sender: Sender) -> None:
        """Close the open utterances of the sender's legs."""
        when_done([slot.live.cut() for slot in self.slots.values() if slot.sender is sender], sender.chunk_done)

    async def change_language(self, language: str, sender: Sender) -> None:
        """The sender says that another language is spoken from here on. Raises StoreError."""
        cuts = [slot.live.cut() for slot in self.slots.values() if slot.sender is sender]
        if cuts and language in self._room.pools:
            # What was said before is heard in the language that it was said in.
            await asyncio.wait(cuts)
            await self._store(lambda session: change_languages(session, language, "sender", time()))

    async def acknowledge(self, sender: Sender) -> None:
        """Make what came from `sender` durable and tell it so. Raises StorageError."""
        for name, slot in list(self.slots.items()):
            if slot.sender is sender and slot.live.spool.samples > slot.acked:
                safe = await slot.live.sync()
                if safe > slot.acked:
                    slot.acked = safe
                    sender.acked(name, safe)

    async def end(self, sender: Sender, reason: str) -> dict[str, int]:
        """The sender has no more audio: finish its legs; samples per leg. Raises StorageError or StoreError."""
        await self.acknowledge(sender)
        # Still: another one may have taken a leg over meanwhile.
        return await self.finish([name for name, slot in self.slots.items() if slot.sender is sender], reason)

    async def finish(self, names: Sequence[str], reason: str) -> dict[str, int]:
        """Decode the rest of some legs, end them, and keep their recordings; their lengths in samples.

        They end in one step: a sender that comes back after a crash must not find one of its legs ended and one not.
        """
        slots = {name: self.slots[name] for name in names}
        for slot in slots.values():
            slot.finishing = True
        try:
            samples = {}
            for name, slot in slots.items():
                async with slot.live.intake:
                    samples[name] = slot.live.spool.samples
                await self._mark_gap(slot, last=True)
            await asyncio.gather(*(slot.live.finish() for slot in slots.values()))
            await self._store(partial(_end_legs, samples, reason))
        except BaseException:
            for slot in slots.values():
                slot.finishing, slot.sender, slot.lost_at = False, None, monotonic()
            raise
        for name, slot in slots.items():
            del self.slots[name]
            await slot.live.stop()
            await self._room.keep_recording(self.live.conversation_id, slot.live.spool)
        return samples

    # --- time

    def tick(self, now: float) -> None:
        """Close utterances whose audio has stopped, and legs whose sender does not come back. `now`: monotonic."""
        for name, slot in list(self.slots.items()):
            if slot.finishing or slot.live.intake.locked():
                continue
            if slot.sender is None:
                if slot.lost_at is not None and now - slot.lost_at > self._room.resume_seconds:
                    self._finish_soon(name)
            elif slot.quiet(now) > self._room.stall_seconds and not slot.live.lead:
                slot.close_stalled()
            if slot.settled(now) or slot.outage_settled(now):
                self._do_soon(asyncio.create_task(self._mark_gap(slot)))

    def _finish_soon(self, name: str) -> None:
        self.slots[name].finishing = True
        self._do_soon(asyncio.create_task(self.finish([name], "sender lost")))

    def _do_soon(self, task: asyncio.Task[Any]) -> None:
        self._finishing.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._finishing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a leg could not be ended, or its gap not be stored: %s", type(error).__name__)

    async def close(self) -> None:
        """Let go of everything without ending the legs: they can be resumed after a restart."""
        for task in self._finishing:
            task.cancel()
        await asyncio.gather(*self._finishing, return_exceptions=True)
        for slot in self.slots.values():
            await slot.live.close()

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
                await self._reopen(name)
            except StorageError as error:
                log.error("conversation %s: a leg's audio is lost: %s", self.live.conversation_id, error)
                await self._store(partial(_end_legs, {name: known.decoded_to}, "audio lost"))

    async def _reopen(self, name: str) -> None:
        data_dir, conversation_id = self._room.data_dir, self.live.conversation_id
        spool = await asyncio.to_thread(LegSpool.open, data_dir, conversation_id, name)
        slot = self._slot(name, spool)
        written = await asyncio.to_thread(spool.last_written)
        slot.remember(self.live.session.state, written, age=time() - written)
        slot.live.catch_up()

    async def _open(self, spec: listen.LegSpec, start: listen.Start, offset: float) -> None:
        if spec.leg in self.live.session.state.legs:
            await self.recover()
            if spec.leg not in self.slots:
                raise CallRefused(ErrorCode.STORAGE, "this leg's earlier audio cannot be read; use another id")
            return
        language = heard_in(spec, start, self.live.session.state.language, self._room.pools)
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
        self._slot(spec.leg, spool)

    def _slot(self, name: str, spool: LegSpool) -> Slot:
        room = self._room
        decoders = LegDecoders(self.live, room, name, spool.header.sample_rate)
        decoded_to = self.live.session.state.legs[name].decoded_to
        watch = LanguageWatch(name, spool.header.sample_rate, room.pools)
        heard = partial(self._heard, name, decoders, watch)
        live = LiveLeg(name, spool, decoders.fresh, decoded_to, room.executor, heard, room.max_lead)
        slot = self.slots[name] = Slot(live, monotonic())
        for start, _ in self.live.session.state.legs[name].left_out:
            live.part_at(slot.sample(start))
        return slot

    async def _store(self, step: Callable[..., list[Output]], slot: Slot | None = None) -> list[Output]:
        """Take a step, patiently; `slot`: the leg whose words it stores."""
        return await patiently(lambda: self.live.do(step), slot.live.wait_for_store if slot is not None else None)

    async def _mark_absence(self, slot: Slot, raw: bytes) -> None:
        """Keep what was said while a sender that cannot repeat it was away; `raw` is the first that comes again."""
        gap = slot.take_absence(monotonic(), slot.seconds(raw))
        if gap is not None:
            slot.live.part_at(slot.live.spool.samples)
            await self._store(lambda session: session.gap(gap, time()))

    async def _mark_gap(self, slot: Slot, *, last: bool = False) -> None:
        """Keep what the sender left out when its audio stopped, or when it was away; `last`: no more audio comes."""
        settled = slot.outage_settled(monotonic()) or (last and slot.came_late())
        outage = slot.take_outage() if settled else None
        gap = slot.take_gap() or outage
        if gap is not None:
            await self._store(lambda session: session.gap(gap, time()))

    async def _heard(
        self, name: str, decoders: LegDecoders, watch: LanguageWatch, transcript: Transcript, speech_end: float
    ) -> bool:
        """Take in what was decoded; whether it has to be decoded again, as another language is spoken there."""
        slot = self.slots[name]
        if transcript.final:
            # A boundary must not be stored before its audio is: decoding would go on beyond the spool.
            await patiently(partial(slot.live.secure, transcript.end_sample), slot.live.wait_for_store)
        foreign = False

        def step(session: Session) -> list[Output]:
            nonlocal foreign
            foreign = session.state.legs[name].language != decoders.language
            return [] if foreign else session.heard(transcript, time(), speech_end)

        outputs = await self._store(step, slot)
        if slot.sender is not None:
            tell(slot.sender, outputs)
        if not foreign and transcript.final and transcript.text:
            self._room.metrics.lag("final", time() - speech_end)
        if not foreign and transcript.final and not self._room.pressed and watch.heard(transcript):
            self._do_soon(asyncio.create_task(self._try_languages(slot, watch, transcript, decoders.language)))
        return foreign

    async def _try_languages(self, slot: Slot, watch: LanguageWatch, final: Transcript, language: str) -> None:
        """Hear words that were hard to recognise in the other languages too, and go on in one that fits better."""
        better = await watch.try_others(final, slot.samples, language, self._room.executor)
        if better is not None:
            await self._store(lambda s: s.notice_language(final.leg, language, better, time()))


def _end_legs(samples: Mapping[str, int], reason: str, session: Session) -> list[Output]:
    return [output for leg, count in samples.items() for output in session.end_leg(leg, count, reason, time())]
