"""Projections of what happens to the conversation as a whole."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import ConflictError
from server.store.project import task
from server.store.project.keeping import retention_class
from server.store.project.lookup import conversation_row
from server.store.tables.columns import DEFAULT_QUEUE, DEFAULT_TENANT
from server.store.tables.conversations import (
    BindingTable,
    CallEventTable,
    ConversationTable,
    ExternalIdTable,
    SegmentTable,
)
from server.store.tables.organisation import QueueTable
from server.wire.events import (
    AgentBound,
    CallEventType,
    ConversationEnded,
    ConversationStarted,
    CustomerBound,
    Event,
    LanguageChanged,
    SwitchEvent,
    WrappedUp,
)

SENDER_SYSTEM = "sender"
"""The system of the external id that a conversation begins with: whoever sent its audio or opened its chat."""


async def started(session: AsyncSession, event: Event, payload: ConversationStarted) -> None:
    """Make the conversation under its queue's policies, and its external id."""
    await _refuse_taken(session, event, payload)
    policy = await queue_row(session, DEFAULT_TENANT, payload.queue)
    conversation = ConversationTable(
        id=event.conversation_id,
        tenant=DEFAULT_TENANT,
        team=policy.team,
        channel=payload.channel.value,
        direction=payload.direction.value,
        queue=payload.queue,
        language=payload.language,
        customer_ref=payload.customer,
        agent=payload.agent,
        context=dict(payload.context),
        product=payload.product,
        retention_class=await retention_class(session, DEFAULT_TENANT, payload.product, policy.retention_class),
        recording_policy=policy.recording_policy,
        origin=event.at,
        started_at=event.at,
    )
    if payload.task_id is not None:
        await task.link(session, conversation, payload.task_id)
    session.add(conversation)
    await session.flush()
    session.add(ExternalIdTable(system=SENDER_SYSTEM, value=payload.external_id, conversation_id=event.conversation_id))


async def _refuse_taken(session: AsyncSession, event: Event, payload: ConversationStarted) -> None:
    if await session.get(ConversationTable, event.conversation_id) is not None:
        raise ConflictError(f"conversation {event.conversation_id} was started before")
    taken = select(col(ExternalIdTable.conversation_id)).where(
        col(ExternalIdTable.tenant) == DEFAULT_TENANT,
        col(ExternalIdTable.system) == SENDER_SYSTEM,
        col(ExternalIdTable.value) == payload.external_id,
    )
    owner = (await session.execute(taken)).scalar_one_or_none()
    if owner is not None:
        raise ConflictError(f"this external id already names conversation {owner}")


async def queue_row(session: AsyncSession, tenant: str, queue: str) -> QueueTable:
    """The row of a queue, or the default one where the queue has none."""
    row = await session.get(QueueTable, (tenant, queue)) or await session.get(QueueTable, (tenant, DEFAULT_QUEUE))
    return row or QueueTable(tenant=tenant, name=DEFAULT_QUEUE)


async def agent_bound(session: AsyncSession, event: Event, payload: AgentBound) -> None:
    """The conversation is this agent's now."""
    conversation = await conversation_row(session, event)
    conversation.agent = payload.agent
    session.add(_binding(event, "agent", payload.agent, payload))


async def customer_bound(session: AsyncSession, event: Event, payload: CustomerBound) -> None:
    """The customer is known now."""
    conversation = await conversation_row(session, event)
    conversation.customer_ref = payload.customer
    session.add(_binding(event, "customer", payload.customer, payload))


def _binding(event: Event, kind: str, value: str | None, payload: AgentBound | CustomerBound) -> BindingTable:
    return BindingTable(
        conversation_id=event.conversation_id,
        kind=kind,
        value=value,
        previous=payload.previous,
        by=payload.by,
        at=event.at,
    )


async def language_changed(session: AsyncSession, event: Event, payload: LanguageChanged) -> None:
    """The conversation is held in another language."""
    conversation = await conversation_row(session, event)
    conversation.language = payload.language


async def switch_event(session: AsyncSession, event: Event, payload: SwitchEvent) -> None:
    """Keep what the switch said as it said it."""
    conversation = await conversation_row(session, event)
    session.add(
        CallEventTable(
            tenant=conversation.tenant,
            external_id=event.conversation_id,
            event_id=payload.event_id,
            conversation_id=event.conversation_id,
            type=payload.what.value,
            at=conversation.origin + payload.when,
            payload=payload.model_dump(mode="json"),
            received_at=event.at,
            applied_at=event.at,
        )
    )
    if payload.what is CallEventType.RESULT:
        await task.result(session, event, payload)


async def _end_segments(session: AsyncSession, event: Event, end: float) -> None:
    open_segments = select(SegmentTable).where(
        col(SegmentTable.conversation_id) == event.conversation_id, col(SegmentTable.end).is_(None)
    )
    for segment in (await session.execute(open_segments)).scalars():
        segment.end = max(segment.start, end)


async def ended(session: AsyncSession, event: Event, payload: ConversationEnded) -> None:
    """No more will come; the last segment ends with it."""
    conversation = await conversation_row(session, event)
    conversation.ended_at = event.at
    conversation.end_reason = payload.reason
    if conversation.wrapped_up_at is None:
        conversation.status = "ended"
    await _end_segments(session, event, event.at - conversation.origin)


async def wrapped_up(session: AsyncSession, event: Event, payload: WrappedUp) -> None:
    """The agent is done with it."""
    conversation = await conversation_row(session, event)
    conversation.status = "wrapped_up"
    conversation.wrapped_up_at = event.at
    conversation.wrap_up = payload.code
    conversation.wrap_up_note = payload.note
    conversation.wrapped_up_by = payload.by
