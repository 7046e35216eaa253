"""Turns the spool of an ended leg into its recording, now or after a crash."""

import asyncio
import logging
from pathlib import Path

from server.masking import MASK_VERSION
from server.recordings import Stretch, finish_recording, recording_path
from server.spool import LegSpool, SpoolHeader, StorageError, spooled_conversations, spooled_legs
from server.store import RecordingRecord, Store, StoreError
from server.wire.events import MaskedSpan, Utterance

MARGIN = 0.1
"""Seconds blanked on each side of a masked stretch: word times are that rough."""
log = logging.getLogger(__name__)


class Recorder:
    """Keeps recordings. The row is stored before the spool goes, so a crash in between loses neither."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._data_dir = data_dir

    async def keep(self, conversation_id: str, spool: LegSpool) -> None:
        """Record an ended leg and close its spool. A full disk keeps the spool for the next start."""
        try:
            if spool.samples:
                await self._store.add_recording(self._record(conversation_id, spool))
            blank = await self._masked(conversation_id, spool.header)
            await asyncio.to_thread(finish_recording, self._data_dir, conversation_id, spool, blank)
        except (StorageError, StoreError) as error:
            log.error("conversation %s: recording kept as raw audio: %s", conversation_id, type(error).__name__)
            spool.close()

    async def recover(self) -> None:
        """Finish the recordings of legs that ended before their spool was turned into one."""
        for conversation_id in spooled_conversations(self._data_dir):
            ended = await self._store.ended_legs(conversation_id)
            try:
                for leg in spooled_legs(self._data_dir, conversation_id):
                    if leg in ended:
                        spool = await asyncio.to_thread(LegSpool.open, self._data_dir, conversation_id, leg)
                        await self.keep(conversation_id, spool)
            except StorageError as error:
                log.error("conversation %s: its spool cannot be read: %s", conversation_id, error)

    async def _masked(self, conversation_id: str, header: SpoolHeader) -> list[Stretch]:
        """Where the leg's words were masked, with a margin, in samples."""
        events = await self._store.events(conversation_id)
        spoken = [e.payload for e in events if isinstance(e.payload, Utterance) and e.payload.leg == header.leg]
        return [_stretch(span, header) for utterance in spoken for span in utterance.masked]

    def _record(self, conversation_id: str, spool: LegSpool) -> RecordingRecord:
        path = recording_path(self._data_dir, conversation_id, spool.header.leg)
        return RecordingRecord(
            conversation_id=conversation_id,
            leg=spool.header.leg,
            path=path.relative_to(self._data_dir).as_posix(),
            codec="flac",
            samples=spool.samples,
            sample_rate=spool.header.sample_rate,
            offset=spool.header.offset,
            role=spool.header.role,
            mask_version=MASK_VERSION,
        )


def _stretch(span: MaskedSpan, header: SpoolHeader) -> Stretch:
    start = (span.start - MARGIN - header.offset) * header.sample_rate
    end = (span.end + MARGIN - header.offset) * header.sample_rate
    return max(0, round(start)), max(0, round(end))
