"""Suggestions, what became of them, and the samples that come out of it."""

from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import (
    DEFAULT_QUEUE,
    Table,
    conversation_field,
    id_field,
    json_field,
    tenant_field,
)


class SuggestionTable(Table, table=True):
    """A card as it was shown: article version, text, model and thresholds are frozen. Receipt times are Unix seconds.

    No foreign key to the article: a conversation's record stays whole whatever happens to the knowledge base.
    """

    __tablename__ = "suggestion"
    id: str = Field(primary_key=True)
    conversation_id: str = conversation_field()
    seq: int
    trigger: str = Field(index=True)
    trigger_text: str
    source: str
    article_id: str = Field(index=True)
    article_version: int
    title: str
    reply: str
    reply_to_send: str
    intent: str | None = None
    confidence: float
    matched: str
    rank: int
    confirmed: bool = False
    model: str
    thresholds: dict[str, Any] = json_field()
    holes: list[str] = json_field(list)
    filled: dict[str, str] = json_field()
    replaced_at: float | None = None
    speech_end: float | None = None
    first_interim: float | None = None
    intent_at: float | None = None
    retrieval: float | None = None
    pushed: float | None = None
    rendered: float | None = None
    acted: float | None = None


class OutcomeTable(Table, table=True):
    """What became of a suggestion; the same action counts once."""

    __tablename__ = "outcome"
    __table_args__ = (UniqueConstraint("suggestion_id", "action_id"), Index("ix_outcome_at_outcome", "at", "outcome"))
    id: str = id_field()
    conversation_id: str = conversation_field()
    suggestion_id: str = Field(foreign_key="suggestion.id", ondelete="CASCADE", index=True)
    outcome: str
    by: str
    action_id: str | None = None
    text: str | None = None
    score: float | None = None
    at: float


class SampleTable(Table, table=True):
    """A text to train on, labelled or to be labelled, and where it comes from.

    No foreign keys: a sample is deleted by its own retention class, not with its conversation.
    `text_key` is the same for texts that say the same; `seen` counts those that were not kept apart. `threshold` is
    what `confidence` (of `guess`) fell short of. `before` is what the last decision of a person changed.
    """

    __tablename__ = "sample"
    __table_args__ = (UniqueConstraint("suggestion_id"), Index("ix_sample_tenant_text_key", "tenant", "text_key"))
    id: str = id_field()
    tenant: str = tenant_field()
    team: str
    queue: str = DEFAULT_QUEUE
    state: str = Field(index=True)
    text: str
    text_key: str
    seen: int = 1
    language: str
    label: str | None = None
    guess: str | None = None
    confidence: float | None = None
    threshold: float | None = None
    article_id: str | None = None
    article_version: int | None = None
    reason: str
    conversation_id: str | None = Field(default=None, index=True)
    utterance_id: str | None = None
    suggestion_id: str | None = None
    mask_version: int = 0
    consent: str = "unknown"
    retention_class: str = "standard"
    labelled_by: str | None = None
    labelled_at: float | None = None
    skipped_at: float | None = None
    revision: int = 0
    decision_id: str | None = Field(default=None, index=True)
    before: dict[str, Any] = json_field()
    created_at: float
