"""The rows that an event speaks about, or a clear refusal."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.store.errors import NotFoundError
from server.store.tables.conversations import ConversationTable
from server.store.tables.delivery import MessageTable
from server.store.tables.speech import LegTable
from server.store.tables.suggestions import SuggestionTable
from server.wire.events import Event


async def conversation_row(session: AsyncSession, event: Event) -> ConversationTable:
    """The event's conversation."""
    row = await session.get(ConversationTable, event.conversation_id)
    if row is None:
        raise NotFoundError(f"conversation {event.conversation_id} was never started")
    return row


async def leg_row(session: AsyncSession, event: Event, leg: str) -> LegTable:
    """A leg of the event's conversation."""
    row = await session.get(LegTable, (event.conversation_id, leg))
    if row is None:
        raise NotFoundError(f"event {event.seq} names a leg that was never started")
    return row


async def suggestion_row(session: AsyncSession, event: Event, suggestion_id: str) -> SuggestionTable:
    """A suggestion of the event's conversation."""
    row = await session.get(SuggestionTable, suggestion_id)
    if row is None or row.conversation_id != event.conversation_id:
        raise NotFoundError(f"event {event.seq} names a suggestion that was never raised in its conversation")
    return row


async def message_row(session: AsyncSession, event: Event, message_id: str) -> MessageTable:
    """A message of the event's conversation."""
    row = await session.get(MessageTable, message_id)
    if row is None or row.conversation_id != event.conversation_id:
        raise NotFoundError(f"event {event.seq} names a message that was never queued in its conversation")
    return row
