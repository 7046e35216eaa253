"""Deletes what the retention rules want deleted: a little at a time, so that nobody else waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from time import time

from sqlalchemy.ext.asyncio import AsyncSession

from server.keeping.files import conversations_on_disk, remove_files
from server.keeping.keeper import Keeper
from server.spool import StorageError
from server.store import NotFoundError, StoreError
from server.store.queries import deleting, keeping, receipts
from server.store.queries.holds import HeldError
from server.store.queries.keeping import Due, Rule
from server.store.queries.receipts import DeletionReceipt
from server.store.scrubbing import small_enough

log = logging.getLogger(__name__)
BY = "retention"
BATCH = 50
SAMPLES = 500
PAUSE = 0.05
"""Seconds between two deletions, in which others write."""
Query = Callable[[AsyncSession, Rule, float, Due | None, int], Awaitable[list[Due]]]


@dataclass(slots=True)
class Swept:
    """What a sweep deleted."""

    resumed: int = 0
    conversations: int = 0
    audio: int = 0
    samples: int = 0
    unmatched: int = 0
    files: int = 0
    failed: int = 0
    tidied: bool = True

    @property
    def anything(self) -> bool:
        """Whether anything was deleted."""
        return any(value for name, value in asdict(self).items() if name not in ("failed", "tidied"))


@dataclass(slots=True)
class Sweeper:
    """Looks for what is due and deletes it. `quiet`: no call goes on, so that the database may be rewritten."""

    keeper: Keeper
    quiet: Callable[[], bool]
    tidied_at: float = field(default_factory=lambda: time() - keeping.DAY)
    """When the database was last rewritten; a process that starts looks one day back."""

    async def sweep(self, now: float | None = None) -> Swept:
        """Delete all that is due. What cannot be deleted is logged and tried again by the next sweep."""
        now = time() if now is None else now
        swept = Swept(resumed=await self.keeper.resume())
        async with self.keeper.store.read() as session:
            rules = await keeping.rules(session)
        for rule in rules:
            swept.conversations += await self._each(rule, now, keeping.due_texts, self._delete_text, swept)
            swept.audio += await self._each(rule, now, keeping.due_audio, self._delete_audio, swept)
            swept.samples += await self._samples(rule, now)
        swept.unmatched = await self._unmatched(rules, now)
        swept.files = await self._leftovers()
        await self._tidy(swept)
        return swept

    async def _each(
        self, rule: Rule, now: float, query: Query, work: Callable[[str, Rule], Awaitable[None]], swept: Swept
    ) -> int:
        after: Due | None = None
        done = 0
        while True:
            async with self.keeper.store.read() as session:
                batch = await query(session, rule, now, after, BATCH)
            for due in batch:
                if not self.keeper.memory.busy(due.conversation_id):
                    ok = await _carefully(work, due.conversation_id, rule)
                    done, swept.failed = done + ok, swept.failed + (not ok)
                    await asyncio.sleep(PAUSE)
            if len(batch) < BATCH:
                return done
            after = batch[-1]

    async def _delete_text(self, conversation_id: str, rule: Rule) -> None:
        await self.keeper.delete_conversation(conversation_id, BY, f"rule {rule.retention_class}: text")

    async def _delete_audio(self, conversation_id: str, rule: Rule) -> None:
        await self.keeper.delete_audio(conversation_id, BY, f"rule {rule.retention_class}: audio")

    async def _samples(self, rule: Rule, now: float) -> int:
        done = 0
        while True:
            async with self.keeper.store.read() as session:
                ids = await keeping.due_samples(session, rule, now, SAMPLES)
            if not ids:
                return done
            await self.keeper.store.write(partial(_delete_samples, rule=rule, ids=ids))
            done += len(ids)
            await asyncio.sleep(PAUSE)

    async def _unmatched(self, rules: list[Rule], now: float) -> int:
        """Events of calls that never came to be are kept as long as the tenant's longest texts."""
        done = 0
        for tenant in {rule.tenant for rule in rules}:
            days = [rule.text_days for rule in rules if rule.tenant == tenant]
            if None in days:
                continue
            before = now - max(number for number in days if number is not None) * keeping.DAY
            while True:
                counts = await self.keeper.store.write(
                    partial(deleting.delete_unmatched, tenant=tenant, before=before, limit=SAMPLES)
                )
                done += sum(counts.values())
                if not counts:
                    break
        return done

    async def _leftovers(self) -> int:
        """Files of conversations that were deleted: written by a process that was killed at the wrong moment."""
        names = await asyncio.to_thread(conversations_on_disk, self.keeper.data_dir)
        removed = 0
        for start in range(0, len(names), SAMPLES):
            async with self.keeper.store.read() as session:
                gone = await receipts.deleted(session, names[start : start + SAMPLES])
            for name in gone:
                await asyncio.to_thread(remove_files, self.keeper.data_dir, name)
            removed += len(gone)
        return removed

    async def _tidy(self, swept: Swept) -> None:
        async with self.keeper.store.read() as session:
            newest = await receipts.newest(session)
        if newest <= self.tidied_at:
            return
        now = time()
        compact = self.quiet() and small_enough(self.keeper.url)
        swept.tidied = await self.keeper.tidy(compact=compact)
        if swept.tidied and compact:
            self.tidied_at = now


async def _carefully(work: Callable[[str, Rule], Awaitable[None]], conversation_id: str, rule: Rule) -> bool:
    try:
        await work(conversation_id, rule)
    except (HeldError, NotFoundError):
        return False  # held, or deleted by somebody else, since it was found
    except (StorageError, StoreError) as error:
        log.error("conversation %s: not deleted: %s", conversation_id, type(error).__name__)
        return False
    return True


async def _delete_samples(session: AsyncSession, rule: Rule, ids: list[str]) -> None:
    at = time()
    counts = await deleting.delete_samples(session, ids)
    receipt = DeletionReceipt(
        rule.tenant, at, BY, f"rule {rule.retention_class}: samples", "samples", rule.retention_class, counts
    )
    begun = await receipts.begin(session, receipt)
    await session.flush()
    await receipts.finish(session, begun.receipt_id, {}, at)
