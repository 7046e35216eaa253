"""Turns the spool of an ended leg into its recording, now or after a crash, and keeps to what may be recorded."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from server.live.kept import Leg, Silences, silences
from server.masking import MASK_VERSION
from server.recordings import blank_recording, finish_recording, recording_path, remove_recording
from server.spool import LegSpool, SpoolBusyError, StorageError, spooled_conversations, spooled_legs
from server.store import ConversationRecord, RecordingRecord, Store, StoreError
from server.store.queries import audio
from server.store.records import NOT_KEPT

log = logging.getLogger(__name__)
CODEC = "flac"


class Recorder:
    """Keeps recordings. The row is stored before the spool goes, so a crash in between loses neither."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._data_dir = data_dir

    async def keep(self, conversation_id: str, spool: LegSpool) -> None:
        """Record an ended leg, as far as that is allowed, and remove its spool.

        A full disk keeps the spool; `recover` tries again.
        """
        try:
            await self._keep(conversation_id, spool)
        except (StorageError, StoreError) as error:
            log.error("conversation %s: recording kept as raw audio: %s", conversation_id, type(error).__name__)
            spool.close()

    async def _keep(self, conversation_id: str, spool: LegSpool) -> None:
        conversation = await self._store.conversation(conversation_id)
        if conversation is None or not spool.samples:
            await asyncio.to_thread(spool.delete)
            return
        header = spool.header
        leg = Leg(header.leg, header.offset, header.sample_rate, spool.samples)
        left_out = await self._silences(conversation, leg)
        await self._store.add_recording(self._record(conversation, left_out))
        if left_out.nothing_kept:
            await asyncio.to_thread(remove_recording, self._data_dir, conversation_id, leg.name)
            await asyncio.to_thread(spool.delete)
            return
        await asyncio.to_thread(finish_recording, self._data_dir, conversation_id, spool, left_out.blank)
        if await self._store.conversation(conversation_id) is None:
            # It was deleted while the file was being written.
            await asyncio.to_thread(remove_recording, self._data_dir, conversation_id, leg.name)

    async def recover(self) -> None:
        """Finish the recordings of legs that ended before their spool was turned into one."""
        for conversation_id in spooled_conversations(self._data_dir):
            ended = await self._store.ended_legs(conversation_id)
            try:
                for leg in spooled_legs(self._data_dir, conversation_id):
                    if leg in ended:
                        spool = await asyncio.to_thread(LegSpool.open, self._data_dir, conversation_id, leg)
                        await self.keep(conversation_id, spool)
            except SpoolBusyError:
                continue  # its recording is being made this very moment
            except StorageError as error:
                log.error("conversation %s: its spool cannot be read: %s", conversation_id, error)

    async def catch_up(self) -> None:
        """Silence what late news say was not to be recorded, in all recordings."""
        async with self._store.read() as session:
            waiting = await audio.outdated(session)
        for conversation_id in waiting:
            try:
                await self.amend(conversation_id)
            except (StorageError, StoreError) as error:
                log.error("conversation %s: its recording waits: %s", conversation_id, type(error).__name__)

    async def amend(self, conversation_id: str) -> None:
        """Silence what late news say was not to be recorded of this conversation. Raises StorageError, StoreError.

        A switch may tell of it after the call, and a customer may refuse at its very end.
        """
        async with self._store.read() as session:
            if not await audio.outdated(session, conversation_id):
                return
        conversation = await self._store.conversation(conversation_id)
        if conversation is None:
            return
        for record in await self._store.recordings(conversation_id):
            await self._amend(conversation, record)

    async def _amend(self, conversation: ConversationRecord, record: RecordingRecord) -> None:
        leg = Leg(record.leg, record.offset, record.sample_rate, record.samples)
        left_out = (await self._silences(conversation, leg)).with_gaps(record.gaps)
        place = (self._data_dir, conversation.conversation_id, leg.name)
        # The file first: a row that says less than the file has lost is mended by the next look.
        if left_out.nothing_kept:
            await asyncio.to_thread(remove_recording, *place)
        elif left_out.gaps != record.gaps:
            await asyncio.to_thread(blank_recording, *place, left_out.blank)
        await self._store.add_recording(replace(self._record(conversation, left_out), mask_version=record.mask_version))

    async def _silences(self, conversation: ConversationRecord, leg: Leg) -> Silences:
        async with self._store.read() as session:
            events = await audio.sound_events(session, conversation.conversation_id, leg.name)
        # Nothing is known here of events after `conversation` was read; a later look finds them.
        return silences(leg, events, conversation.recording_policy)

    def _record(self, conversation: ConversationRecord, left_out: Silences) -> RecordingRecord:
        leg = left_out.leg
        path = recording_path(self._data_dir, conversation.conversation_id, leg.name)
        return RecordingRecord(
            conversation_id=conversation.conversation_id,
            leg=leg.name,
            path=path.relative_to(self._data_dir).as_posix(),
            codec=NOT_KEPT if left_out.nothing_kept else CODEC,
            samples=leg.samples,
            sample_rate=leg.sample_rate,
            offset=leg.offset,
            mask_version=MASK_VERSION,
            consent=conversation.consent,
            retention_class=conversation.retention_class,
            gaps=left_out.gaps,
            events_to=conversation.last_seq,
        )
