"""Quality assurance: score cards and the reviews made with them."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import DEFAULT_TEAM, Table, conversation_field, id_field, json_field, tenant_field


class ScorecardTable(Table, table=True):
    """A version of a list of criteria."""

    __tablename__ = "scorecard"
    __table_args__ = (UniqueConstraint("tenant", "name", "version"),)
    id: str = id_field()
    tenant: str = tenant_field()
    team: str = DEFAULT_TEAM
    name: str
    version: int
    criteria: list[Any] = json_field(list)
    active: bool = True
    created_at: float


class ReviewTable(Table, table=True):
    """A reviewer's judgement of a conversation."""

    __tablename__ = "review"
    id: str = id_field()
    conversation_id: str = conversation_field()
    scorecard_id: str = Field(foreign_key="scorecard.id")
    reviewer: str
    status: str = "draft"
    scores: dict[str, Any] = json_field()
    comment: str = ""
    created_at: float
    finished_at: float | None = None
