"""Everything that is stored of a conversation, as rows."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.tables import metadata
from server.store.tables.conversations import ConversationTable, EventTable
from server.store.tables.organisation import TaskTable
from server.store.tables.search import SearchTermTable
from server.store.tables.suggestions import SampleTable

Row = dict[str, Any]
LEFT_OUT = (EventTable.__tablename__, SearchTermTable.__tablename__)
"""Told one by one, and an index that says nothing new."""
PAGE = 500


async def conversation(session: AsyncSession, conversation_id: str) -> Row | None:
    """The conversation's own row."""
    row = await session.get(ConversationTable, conversation_id)
    return row.model_dump() if row is not None else None


async def parts(session: AsyncSession, conversation_id: str) -> dict[str, list[Row]]:
    """Rows of every table that hold a part of the conversation, but its events."""
    found = {
        table.name: await _rows(session, table, conversation_id)
        for table in metadata.sorted_tables
        if "conversation_id" in table.c and table.name not in LEFT_OUT
    }
    said = {row["id"]: row["text"] for row in found["utterance"]}
    # A text that is still on its way is stored as it goes out; read, it is masked like any other.
    found["message"] = [row | {"text": said.get(row["id"], "")} for row in found["message"]]
    return {name: rows for name, rows in found.items() if rows}


async def _rows(session: AsyncSession, table: Table, conversation_id: str) -> list[Row]:
    found = select(table).where(table.c.conversation_id == conversation_id).order_by(*table.primary_key)
    return [dict(row) for row in (await session.execute(found)).mappings()]


async def events(session: AsyncSession, conversation_id: str) -> AsyncIterator[list[Row]]:
    """The conversation's events in order, some at a time."""
    after = 0
    while True:
        found = (
            select(EventTable)
            .where(col(EventTable.conversation_id) == conversation_id, col(EventTable.seq) > after)
            .order_by(col(EventTable.seq))
            .limit(PAGE)
        )
        rows = [row.model_dump() for row in (await session.execute(found)).scalars()]
        session.expunge_all()
        if rows:
            yield rows
            after = rows[-1]["seq"]
        if len(rows) < PAGE:
            return


async def tasks(session: AsyncSession, tenant: str, customer: str) -> list[Row]:
    """The customer's tasks."""
    found = select(TaskTable).where(col(TaskTable.tenant) == tenant, col(TaskTable.customer_ref) == customer)
    return [row.model_dump() for row in (await session.execute(found.order_by(col(TaskTable.id)))).scalars()]


async def samples(session: AsyncSession, conversation_ids: list[str]) -> list[Row]:
    """Samples of conversations that may be gone."""
    found = select(SampleTable).where(col(SampleTable.conversation_id).in_(conversation_ids))
    return [row.model_dump() for row in (await session.execute(found.order_by(col(SampleTable.id)))).scalars()]
