"""What is known of one customer, by the reference that other systems have for them."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.queries.receipts import Counts
from server.store.tables.conversations import BindingTable, CallEventTable, ConversationTable, EventTable
from server.store.tables.organisation import TaskTable
from server.store.tables.speech import RecordingTable
from server.store.tables.suggestions import SampleTable
from server.wire.events import ConversationStarted, CustomerBound

NAMING = tuple(kind.model_fields["type"].default for kind in (ConversationStarted, CustomerBound))
"""Events that hold a customer's reference."""


@dataclass(frozen=True, slots=True)
class Found:
    """How much there is of a customer."""

    conversations: int
    recordings: int
    samples: int
    tasks: int


async def count(session: AsyncSession, tenant: str, customer: str) -> Found:
    """How much there is of a customer."""
    mine = _conversations(tenant, customer)
    recordings = select(func.count()).where(
        col(RecordingTable.conversation_id).in_(mine), col(RecordingTable.deleted_at).is_(None)
    )
    samples = select(func.count()).where(col(SampleTable.conversation_id).in_(mine))
    tasks = select(func.count()).where(col(TaskTable.tenant) == tenant, col(TaskTable.customer_ref) == customer)
    numbers = [
        (await session.execute(found)).scalar_one()
        for found in (select(func.count()).select_from(mine.subquery()), recordings, samples, tasks)
    ]
    return Found(*numbers)


async def conversations(session: AsyncSession, tenant: str, customer: str) -> list[str]:
    """Ids of the customer's conversations, oldest first."""
    found = _conversations(tenant, customer).order_by(col(ConversationTable.started_at), col(ConversationTable.id))
    return list((await session.execute(found)).scalars())


async def going_on(session: AsyncSession, tenant: str, customer: str, since: float) -> list[str]:
    """Those that nobody has ended and where something happened after `since`."""
    last = (
        select(func.max(col(EventTable.at)))
        .where(col(EventTable.conversation_id) == col(ConversationTable.id))
        .scalar_subquery()
    )
    found = _conversations(tenant, customer).where(col(ConversationTable.ended_at).is_(None), last > since)
    return list((await session.execute(found)).scalars())


async def forget(session: AsyncSession, tenant: str, customer: str, mark: str) -> tuple[Counts, list[str]]:
    """Take a customer out of rows that are not theirs: tasks, and conversations that were theirs by mistake.

    Returns how many rows of each table changed, and those conversations.
    """
    tasks = (
        update(TaskTable)
        .where(col(TaskTable.tenant) == tenant, col(TaskTable.customer_ref) == customer)
        .values(customer_ref=None, context={}, stage=None)
    )
    payload = cast(Any, col(CallEventTable.payload))
    told = delete(CallEventTable).where(
        col(CallEventTable.tenant) == tenant,
        col(CallEventTable.conversation_id).is_(None),
        payload["customer"].as_string() == customer,
    )
    counts: Counts = {}
    for name, statement in (("task", tasks), ("call_event", told)):
        number = cast(Any, await session.execute(statement)).rowcount
        if number:
            counts[name] = number
    others = await _once_theirs(session, tenant, customer)
    for conversation_id in others:
        await _rename(session, conversation_id, customer, mark)
    if others:
        counts["binding"] = len(others)
    return counts, others


async def _once_theirs(session: AsyncSession, tenant: str, customer: str) -> list[str]:
    found = (
        select(col(BindingTable.conversation_id))
        .distinct()
        .join(ConversationTable, col(ConversationTable.id) == col(BindingTable.conversation_id))
        .where(
            col(ConversationTable.tenant) == tenant,
            col(BindingTable.kind) == "customer",
            or_(col(BindingTable.value) == customer, col(BindingTable.previous) == customer),
            or_(col(ConversationTable.customer_ref).is_(None), col(ConversationTable.customer_ref) != customer),
        )
    )
    return list((await session.execute(found)).scalars())


async def _rename(session: AsyncSession, conversation_id: str, customer: str, mark: str) -> None:
    for column in (BindingTable.value, BindingTable.previous):
        here = col(BindingTable.conversation_id) == conversation_id
        statement = update(BindingTable).where(here, col(BindingTable.kind) == "customer", col(column) == customer)
        await session.execute(statement.values({col(column): mark}))
    events = select(EventTable).where(
        col(EventTable.conversation_id) == conversation_id, col(EventTable.type).in_(NAMING)
    )
    for event in (await session.execute(events)).scalars():
        event.payload = {
            name: mark if name in ("customer", "previous") and value == customer else value
            for name, value in event.payload.items()
        }


def _conversations(tenant: str, customer: str) -> Any:
    return select(col(ConversationTable.id)).where(
        col(ConversationTable.tenant) == tenant, col(ConversationTable.customer_ref) == customer
    )
