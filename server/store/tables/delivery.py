"""Messages on their way to the customer."""

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import Table, conversation_field


class MessageTable(Table, table=True):
    """A text that an agent sent. One action makes one message."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("conversation_id", "action_id"),)
    id: str = Field(primary_key=True)
    conversation_id: str = conversation_field()
    text: str
    by: str
    adapter: str
    suggestion_id: str | None = None
    action_id: str
    state: str
    attempts: int = 0
    reason: str | None = None
    queued_at: float
    settled_at: float | None = None


class OutboxTable(Table, table=True):
    """Work for the delivery task: due while `state` is queued and `next_attempt_at` has come."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("idempotency_key"),
        Index("ix_outbox_state_next_attempt_at", "state", "next_attempt_at"),
    )
    message_id: str = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True)
    conversation_id: str = conversation_field()
    idempotency_key: str
    adapter: str
    state: str
    attempts: int = 0
    next_attempt_at: float
    created_at: float
