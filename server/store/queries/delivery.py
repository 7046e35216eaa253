"""The outbox."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import NotFoundError
from server.store.records import OutboxItem
from server.store.tables.conversations import ConversationTable
from server.store.tables.delivery import MessageTable, OutboxTable
from server.wire.events import DeliveryState


async def due(session: AsyncSession, now: float, adapter: str | None, limit: int) -> list[OutboxItem]:
    """Messages to try now, the longest due first."""
    found = (
        select(OutboxTable, col(MessageTable.text), col(ConversationTable.queue))
        .join(MessageTable, col(MessageTable.id) == col(OutboxTable.message_id))
        .join(ConversationTable, col(ConversationTable.id) == col(OutboxTable.conversation_id))
        .where(col(OutboxTable.state) == DeliveryState.QUEUED.value, col(OutboxTable.next_attempt_at) <= now)
        .order_by(col(OutboxTable.next_attempt_at), col(OutboxTable.message_id))
        .limit(limit)
    )
    if adapter is not None:
        found = found.where(col(OutboxTable.adapter) == adapter)
    return [_item(*row) for row in (await session.execute(found)).all()]


async def outgoing(session: AsyncSession, conversation_id: str) -> dict[str, str]:
    """Texts that the customer has not got yet, as they are to go out, by message id."""
    found = select(col(MessageTable.id), col(MessageTable.text)).where(
        col(MessageTable.conversation_id) == conversation_id, col(MessageTable.settled_at).is_(None)
    )
    return {row[0]: row[1] for row in (await session.execute(found)).all()}


async def schedule(session: AsyncSession, message_id: str, next_attempt_at: float) -> None:
    """An attempt was made: count it, and when to try again."""
    row = await session.get(OutboxTable, message_id)
    if row is None:
        raise NotFoundError(f"message {message_id} is not in the outbox")
    row.next_attempt_at = next_attempt_at
    row.attempts += 1


def _item(row: OutboxTable, text: str, queue: str) -> OutboxItem:
    return OutboxItem(
        message_id=row.message_id,
        conversation_id=row.conversation_id,
        idempotency_key=row.idempotency_key,
        adapter=row.adapter,
        text=text,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        queue=queue,
    )
