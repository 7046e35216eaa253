"""Projections of outbound tasks, and of what came of a conversation."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.project.lookup import conversation_row
from server.store.tables.conversations import BusinessResultTable, ConversationTable, ExternalIdTable
from server.store.tables.organisation import TaskTable
from server.wire.events import Event, SwitchEvent, TaskBound

STARTED = "started"
DONE = "done"


async def task_row(session: AsyncSession, tenant: str, external_id: str) -> TaskTable | None:
    """The task that another system names so."""
    named = select(TaskTable).where(col(TaskTable.tenant) == tenant, col(TaskTable.external_id) == external_id)
    return (await session.execute(named)).scalar_one_or_none()


async def task_bound(session: AsyncSession, event: Event, payload: TaskBound) -> None:
    """The conversation belongs to a task."""
    conversation = await conversation_row(session, event)
    conversation.context = {**payload.context, **conversation.context}
    await link(session, conversation, payload.task_id)


async def link(session: AsyncSession, conversation: ConversationTable, task_id: str) -> None:
    """Note the task of a conversation, and that it has been begun."""
    task = await task_row(session, conversation.tenant, task_id)
    if task is None:
        return
    conversation.task_id, conversation.campaign_id = task.id, task.campaign_id
    if task.status == "open":
        task.status = STARTED


async def result(session: AsyncSession, event: Event, payload: SwitchEvent) -> None:
    """What came of it, told by the switch or another system, perhaps days later."""
    if payload.code is None:
        return
    conversation = await conversation_row(session, event)
    named = select(col(ExternalIdTable.value)).where(col(ExternalIdTable.conversation_id) == conversation.id)
    external_id = (await session.execute(named.limit(1))).scalar_one_or_none()
    session.add(
        BusinessResultTable(
            tenant=conversation.tenant,
            external_id=external_id or conversation.id,
            conversation_id=conversation.id,
            idempotency_key=f"{conversation.id}:{payload.event_id}",
            result=payload.code,
            at=conversation.origin + payload.when,
            received_at=event.at,
            payload=payload.model_dump(mode="json"),
        )
    )
    task = await session.get(TaskTable, conversation.task_id) if conversation.task_id is not None else None
    if task is not None:
        task.status = DONE
