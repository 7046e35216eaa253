"""Deletes for good: files first, then rows, with a receipt that is begun before and finished after."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from server.keeping.files import conversation_files, remove_files
from server.keeping.marks import customer_mark
from server.spool import StorageError
from server.store import ConflictError, NotFoundError, Store, StoreError
from server.store.queries import customers, deleting, holds, receipts
from server.store.queries.organisation import append_audit
from server.store.queries.receipts import REQUEST, Counts, DeletionReceipt
from server.store.scrubbing import scrub
from server.store.tables.conversations import ConversationTable

log = logging.getLogger(__name__)
GOING_ON = 3600.0
"""Seconds after its last event during which a conversation that nobody ended is taken to go on."""


class Memory(Protocol):
    """The conversations that this process holds in memory."""

    def busy(self, conversation_id: str) -> bool:
        """Whether somebody uses it now."""

    async def forget(self, conversation_id: str) -> None:
        """Let go of it."""


class NoMemory:
    """Of a process that holds none, such as a command."""

    def busy(self, conversation_id: str) -> bool:
        """Never."""
        return False

    async def forget(self, conversation_id: str) -> None:
        """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Everything that deletes. Methods raise `HeldError` for what a legal hold protects, StorageError, StoreError.

    An interrupted deletion is finished by `resume`: the receipt says that it had begun, and every step can be repeated.
    """

    store: Store
    url: str
    data_dir: Path
    secret: bytes
    memory: Memory

    def mark(self, tenant: str, customer: str) -> str:
        """See `customer_mark`."""
        return customer_mark(self.secret, tenant, customer)

    # --- one conversation

    async def delete_conversation(self, conversation_id: str, by: str, reason: str = REQUEST) -> DeletionReceipt:
        """Delete a conversation. Raises `NotFoundError`, `HeldError`, and `ConflictError` while it is in use."""
        files = await asyncio.to_thread(conversation_files, self.data_dir, conversation_id)
        if self.memory.busy(conversation_id):
            raise ConflictError("this conversation is going on: delete it when it has ended")
        at = time()
        begun = await self.store.write(lambda session: self._begin(session, conversation_id, by, reason, at, files))
        return await self._delete(begun)

    async def _begin(
        self, session: AsyncSession, conversation_id: str, by: str, reason: str, at: float, files: Counts
    ) -> DeletionReceipt:
        row = await session.get(ConversationTable, conversation_id)
        if row is None:
            raise NotFoundError("there is no such conversation")
        holds.refuse(await holds.on_conversation(session, row))
        mark = self.mark(row.tenant, row.customer_ref) if row.customer_ref is not None else None
        return await receipts.begin(
            session, DeletionReceipt(row.tenant, at, by, reason, holds.CONVERSATION, conversation_id, files, mark)
        )

    async def _delete(self, begun: DeletionReceipt) -> DeletionReceipt:
        """Files before rows: rows without files are found again, files without rows would not be."""
        conversation_id = begun.subject_id
        await self.memory.forget(conversation_id)
        await asyncio.to_thread(remove_files, self.data_dir, conversation_id)
        finished = await self.store.write(lambda session: _delete_rows(session, begun))
        # A recording that was being written meanwhile, and an object that was loaded meanwhile.
        await asyncio.to_thread(remove_files, self.data_dir, conversation_id)
        await self.memory.forget(conversation_id)
        return finished

    async def delete_audio(self, conversation_id: str, by: str, reason: str) -> None:
        """Delete a conversation's recordings; its text stays. Raises `HeldError`, `NotFoundError`."""
        files = await asyncio.to_thread(conversation_files, self.data_dir, conversation_id)

        async def check(session: AsyncSession) -> str:
            row = await session.get(ConversationTable, conversation_id)
            if row is None:
                raise NotFoundError("there is no such conversation")
            holds.refuse(await holds.on_conversation(session, row))
            return row.tenant

        tenant = await self.store.write(check)
        await asyncio.to_thread(remove_files, self.data_dir, conversation_id)
        await self.store.write(lambda session: _forget_audio(session, tenant, conversation_id, by, reason, files))

    # --- one customer

    async def delete_customer(self, tenant: str, customer: str, by: str) -> DeletionReceipt:
        """Delete everything of a customer; the receipt of it all, with one of each conversation beside it.

        Raises `HeldError`, and `ConflictError` while they are on a call or in a chat.
        """
        async with self.store.read() as session:
            ids = await customers.conversations(session, tenant, customer)
        files = {i: await asyncio.to_thread(conversation_files, self.data_dir, i) for i in ids}
        at = time()
        begun, others = await self.store.write(
            lambda session: self._begin_customer(session, tenant, customer, by, at, files)
        )
        for conversation_id in others:
            await self.memory.forget(conversation_id)
        finished = await self._finish_customer(begun)
        await self.tidy(compact=False)
        return finished

    async def _begin_customer(
        self, session: AsyncSession, tenant: str, customer: str, by: str, at: float, files: dict[str, Counts]
    ) -> tuple[DeletionReceipt, list[str]]:
        """Everything that needs the reference itself happens here, at once: what comes later knows only the mark."""
        mark = self.mark(tenant, customer)
        ids = await customers.conversations(session, tenant, customer)
        holds.refuse(await holds.on(session, tenant, holds.CUSTOMER, [customer]))
        holds.refuse(await holds.on(session, tenant, holds.CONVERSATION, ids))
        if any(map(self.memory.busy, ids)) or await customers.going_on(session, tenant, customer, at - GOING_ON):
            raise ConflictError("a conversation with this customer is going on: delete when it has ended")
        earlier = [receipt.subject_id for receipt in await receipts.of_customer(session, tenant, mark)]
        counts, others = await customers.forget(session, tenant, customer, mark)
        counts = receipts.added(counts, await deleting.delete_samples_of(session, earlier))
        anonymous = await holds.anonymise(session, tenant, customer, mark)
        counts = receipts.added(counts, {"legal_hold": anonymous} if anonymous else {})
        for conversation_id in ids:
            await receipts.begin(
                session,
                DeletionReceipt(
                    tenant, at, by, REQUEST, holds.CONVERSATION, conversation_id, files.get(conversation_id, {}), mark
                ),
            )
        whole = DeletionReceipt(tenant, at, by, REQUEST, holds.CUSTOMER, mark, counts, mark)
        await append_audit(
            session, tenant, at, by, "customer.delete", (holds.CUSTOMER, mark), {"receipt": whole.receipt_id}
        )
        return await receipts.begin(session, whole), others

    async def _finish_customer(self, begun: DeletionReceipt) -> DeletionReceipt:
        async with self.store.read() as session:
            mine = await receipts.of_customer(session, begun.tenant, begun.subject_id, begun.at)
        done = [one if one.finished_at is not None else await self._delete(one) for one in mine]
        counts = receipts.added({}, *(one.counts for one in done))
        return await self.store.write(lambda session: receipts.finish(session, begun.receipt_id, counts, time()))

    # --- after an interruption, and afterwards

    async def resume(self) -> int:
        """Finish what was begun and interrupted; how many deletions. What still fails waits for the next time."""
        async with self.store.read() as session:
            conversations = await receipts.unfinished(session, holds.CONVERSATION)
            whole = await receipts.unfinished(session, holds.CUSTOMER)
        work = [(self._delete, begun) for begun in conversations] + [(self._finish_customer, begun) for begun in whole]
        return sum([await _carefully(finish, begun) for finish, begun in work])

    async def tidy(self, *, compact: bool) -> bool:
        """Take what was deleted out of the database's file too; see `scrub`."""
        return await scrub(self.url, compact=compact)


async def _carefully(finish: Callable[[DeletionReceipt], Awaitable[DeletionReceipt]], begun: DeletionReceipt) -> bool:
    try:
        await finish(begun)
    except (StorageError, StoreError) as error:
        log.error("deletion %s: still not finished: %s", begun.receipt_id, type(error).__name__)
        return False
    return True


async def _delete_rows(session: AsyncSession, begun: DeletionReceipt) -> DeletionReceipt:
    counts = await deleting.delete_conversation(session, begun.subject_id, samples=begun.reason == REQUEST)
    return await receipts.finish(session, begun.receipt_id, counts, time())


async def _forget_audio(
    session: AsyncSession, tenant: str, conversation_id: str, by: str, reason: str, files: Counts
) -> None:
    at = time()
    counts = receipts.added(files, await deleting.forget_audio(session, conversation_id, at))
    await receipts.begin(
        session,
        DeletionReceipt(tenant, at, by, reason, "audio", conversation_id, counts, finished_at=at),
    )
