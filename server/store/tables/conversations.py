"""Conversations, what binds them to the outside, and their events."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import (
    DEFAULT_TEAM,
    Table,
    conversation_field,
    id_field,
    json_field,
    tenant_field,
)


class ConversationTable(Table, table=True):
    """A call or a chat. `origin` is the wall time of second 0; `last_seq` guards the one writer."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("ix_conversation_tenant_started_at", "tenant", "started_at"),
        Index("ix_conversation_agent_wrapped_up_at", "agent", "wrapped_up_at"),
    )
    id: str = Field(primary_key=True)
    tenant: str = tenant_field()
    team: str = DEFAULT_TEAM
    channel: str
    direction: str
    queue: str = Field(index=True)
    language: str
    customer_ref: str | None = Field(default=None, index=True)
    agent: str | None = None
    campaign_id: str | None = Field(default=None, foreign_key="campaign.id")
    task_id: str | None = Field(default=None, foreign_key="task.id")
    context: dict[str, Any] = json_field()
    consent: str = "unknown"
    retention_class: str = "standard"
    recording_policy: str = "record"
    product: str | None = None
    status: str = Field(default="live", index=True)
    origin: float
    started_at: float
    ended_at: float | None = Field(default=None, index=True)
    end_reason: str | None = None
    wrapped_up_at: float | None = None
    wrap_up: str | None = None
    wrap_up_note: str = ""
    wrapped_up_by: str | None = None
    last_seq: int = 0


class ExternalIdTable(Table, table=True):
    """A name that another system (switch, CRM, campaign, audio sender) has for a conversation."""

    __tablename__ = "external_id"
    __table_args__ = (UniqueConstraint("tenant", "system", "value"),)
    id: str = id_field()
    tenant: str = tenant_field()
    system: str
    value: str
    conversation_id: str = conversation_field()


class ConversationLinkTable(Table, table=True):
    """A conversation that came from another one: transfer, call_back or hand_over."""

    __tablename__ = "conversation_link"
    conversation_id: str = conversation_field(primary_key=True)
    parent_id: str = Field(foreign_key="conversation.id", ondelete="CASCADE", primary_key=True, index=True)
    kind: str
    created_at: float


class BindingTable(Table, table=True):
    """Every change of a conversation's `agent` or `customer`: the audit of late binding."""

    __tablename__ = "binding"
    id: str = id_field()
    conversation_id: str = conversation_field()
    kind: str
    value: str | None = None
    previous: str | None = None
    by: str
    at: float


class SegmentTable(Table, table=True):
    """A stretch of one kind with one agent; seconds from the origin, `end` None while it lasts."""

    __tablename__ = "segment"
    id: str = Field(primary_key=True)
    conversation_id: str = conversation_field()
    kind: str
    agent: str | None = None
    start: float
    end: float | None = None


class EventTable(Table, table=True):
    """The truth: one row per thing that happened. Everything else here is a projection of it."""

    __tablename__ = "event"
    conversation_id: str = conversation_field(primary_key=True)
    seq: int = Field(primary_key=True)
    type: str = Field(index=True)
    at: float
    payload: dict[str, Any] = json_field()


class CallEventTable(Table, table=True):
    """Inbox of the call-event door: kept as told, in any order, before or after the audio; told twice is kept once."""

    __tablename__ = "call_event"
    __table_args__ = (UniqueConstraint("tenant", "external_id", "event_id"),)
    id: str = id_field()
    tenant: str = tenant_field()
    external_id: str
    event_id: str
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", ondelete="CASCADE", index=True)
    type: str
    at: float
    payload: dict[str, Any] = json_field()
    received_at: float
    applied_at: float | None = None


class BusinessResultTable(Table, table=True):
    """What came of it (registered, applied, refused…), told by external id, perhaps days later."""

    __tablename__ = "business_result"
    __table_args__ = (UniqueConstraint("tenant", "idempotency_key"),)
    id: str = id_field()
    tenant: str = tenant_field()
    external_id: str = Field(index=True)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", ondelete="CASCADE", index=True)
    idempotency_key: str
    result: str
    at: float
    received_at: float
    payload: dict[str, Any] = json_field()
