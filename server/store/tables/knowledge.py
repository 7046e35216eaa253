"""The tenant's knowledge base and the models that were trained on it."""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import Table, id_field, json_field, tenant_field


class ArticleTable(Table, table=True):
    """An entry of the knowledge base; what it says lies in its versions."""

    __tablename__ = "article"
    tenant: str = tenant_field(primary_key=True)
    id: str = Field(primary_key=True)
    latest_version: int
    created_at: float


class ArticleVersionTable(Table, table=True):
    """What an article said. Only approved versions that are effective now are suggested; text never changes."""

    __tablename__ = "article_version"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "article_id"], ["article.tenant", "article.id"], ondelete="CASCADE"),
        Index("ix_article_version_tenant_status_lang", "tenant", "status", "lang"),
    )
    tenant: str = Field(primary_key=True)
    article_id: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    status: str
    lang: str
    title: str
    questions: list[str] = json_field(list)
    answer: str
    answer_text: str | None = None
    intent: str | None = None
    tags: list[str] = json_field(list)
    extra: dict[str, Any] = json_field()
    content_hash: str
    scope_team: str | None = None
    scope_queue: str | None = None
    scope_direction: str | None = None
    effective_from: float
    effective_to: float | None = None
    created_by: str
    created_at: float
    approver: str | None = None
    approved_at: float | None = None
    withdrawn_by: str | None = None
    withdrawn_at: float | None = None


class WordingTable(Table, table=True):
    """What a trainer decided about a wording that agents use instead of an article's own.

    `text_key` tells the wording without holding it; `version` is the draft that came of it.
    """

    __tablename__ = "wording"
    tenant: str = tenant_field(primary_key=True)
    article_id: str = Field(primary_key=True)
    article_version: int = Field(primary_key=True)
    text_key: str = Field(primary_key=True)
    decision: str
    version: int | None = None
    decided_by: str
    decided_at: float


class IntentModelTable(Table, table=True):
    """A trained intent model; the `active` one of a tenant and language is live."""

    __tablename__ = "intent_model"
    __table_args__ = (UniqueConstraint("tenant", "name", "version"),)
    id: str = id_field()
    tenant: str = tenant_field()
    name: str
    version: str
    language: str
    folder: str
    active: bool = False
    metrics: dict[str, Any] = json_field()
    created_by: str
    created_at: float
    activated_at: float | None = None
