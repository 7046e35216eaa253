"""Projections of messages to the customer."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.store.project.lookup import message_row
from server.store.tables.delivery import MessageTable, OutboxTable
from server.store.tables.speech import UtteranceTable
from server.wire.events import DeliveryState, Event, MessageQueued, MessageState


async def queued(session: AsyncSession, event: Event, payload: MessageQueued) -> None:
    """The message and the work to deliver it, committed together."""
    session.add(
        MessageTable(
            id=payload.message_id,
            conversation_id=event.conversation_id,
            text=payload.outgoing,
            by=payload.by,
            adapter=payload.adapter,
            suggestion_id=payload.suggestion_id,
            action_id=payload.action_id,
            state=DeliveryState.QUEUED.value,
            queued_at=event.at,
        )
    )
    await session.flush()
    session.add(
        OutboxTable(
            message_id=payload.message_id,
            conversation_id=event.conversation_id,
            idempotency_key=payload.message_id,
            adapter=payload.adapter,
            state=DeliveryState.QUEUED.value,
            next_attempt_at=event.at,
            created_at=event.at,
        )
    )


async def state_changed(session: AsyncSession, event: Event, payload: MessageState) -> None:
    """What is known about the message's way; it stays delivered once it was.

    What went out is kept only until it has arrived, or nobody tries any more: then its masked form takes its place.
    """
    message = await message_row(session, event, payload.message_id)
    outbox = await session.get(OutboxTable, payload.message_id)
    if message.state == DeliveryState.DELIVERED.value:
        return
    message.state = payload.state.value
    message.attempts = payload.attempts
    message.reason = payload.reason
    if payload.state is not DeliveryState.QUEUED:
        message.settled_at = event.at
        said = await session.get(UtteranceTable, payload.message_id)
        message.text = said.text if said is not None else ""
    if outbox is not None:
        outbox.state = payload.state.value
        outbox.attempts = payload.attempts
