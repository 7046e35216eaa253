"""Deleting rows for good. Callers check legal holds and write receipts."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.queries.receipts import Counts
from server.store.tables import metadata
from server.store.tables.conversations import (
    BusinessResultTable,
    CallEventTable,
    ConversationLinkTable,
    ConversationTable,
    ExternalIdTable,
)
from server.store.tables.speech import RecordingTable
from server.store.tables.suggestions import SampleTable

SAMPLE = SampleTable.__tablename__


async def delete_conversation(session: AsyncSession, conversation_id: str, *, samples: bool) -> Counts:
    """Delete every row that is part of a conversation; how many of each table. Samples only where told."""
    counts = await _delete_told(session, conversation_id)
    parent = col(ConversationLinkTable.parent_id) == conversation_id
    await _delete(session, counts, _table(ConversationLinkTable), parent)
    for table in reversed(metadata.sorted_tables):
        if "conversation_id" in table.c and (samples or table.name != SAMPLE):
            await _delete(session, counts, table, table.c.conversation_id == conversation_id)
    await _delete(session, counts, _table(ConversationTable), col(ConversationTable.id) == conversation_id)
    return counts


async def _delete_told(session: AsyncSession, conversation_id: str) -> Counts:
    """What switches and other systems told of it by its external ids, matched to it or not."""
    counts: Counts = {}
    names = select(col(ExternalIdTable.tenant), col(ExternalIdTable.value)).where(
        col(ExternalIdTable.conversation_id) == conversation_id
    )
    for tenant, name in (await session.execute(names)).all():
        for kind in (CallEventTable, BusinessResultTable):
            mine = (
                col(kind.tenant) == tenant,
                col(kind.external_id) == name,
                or_(col(kind.conversation_id).is_(None), col(kind.conversation_id) == conversation_id),
            )
            await _delete(session, counts, _table(kind), *mine)
    return counts


async def delete_samples(session: AsyncSession, ids: Sequence[str]) -> Counts:
    """Delete samples by their ids."""
    counts: Counts = {}
    await _delete(session, counts, _table(SampleTable), col(SampleTable.id).in_(ids))
    return counts


async def delete_samples_of(session: AsyncSession, conversation_ids: Sequence[str]) -> Counts:
    """Delete the samples of conversations, whether these are still there or not."""
    counts: Counts = {}
    if conversation_ids:
        await _delete(session, counts, _table(SampleTable), col(SampleTable.conversation_id).in_(conversation_ids))
    return counts


async def forget_audio(session: AsyncSession, conversation_id: str, at: float) -> Counts:
    """The recordings of a conversation are gone; their rows stay and say when."""
    statement = (
        update(RecordingTable)
        .where(col(RecordingTable.conversation_id) == conversation_id, col(RecordingTable.deleted_at).is_(None))
        .values(deleted_at=at)
    )
    changed = cast(Any, await session.execute(statement)).rowcount
    return {"recording": changed} if changed else {}


async def delete_unmatched(session: AsyncSession, tenant: str, before: float, limit: int) -> Counts:
    """Delete what switches told, before a time, of calls that never came to be."""
    counts: Counts = {}
    for kind in (CallEventTable, BusinessResultTable):
        old = select(col(kind.id)).where(
            col(kind.tenant) == tenant, col(kind.conversation_id).is_(None), col(kind.received_at) < before
        )
        ids = list((await session.execute(old.limit(limit))).scalars())
        if ids:
            await _delete(session, counts, _table(kind), col(kind.id).in_(ids))
    return counts


async def _delete(session: AsyncSession, counts: Counts, table: Table, *where: ColumnElement[bool]) -> None:
    number = cast(Any, await session.execute(delete(table).where(*where))).rowcount
    if number:
        counts[table.name] = counts.get(table.name, 0) + number


def _table(kind: Any) -> Table:
    return cast(Table, kind.__table__)
