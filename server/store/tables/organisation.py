"""Who the service works for: tenants, teams, queues with their policies, campaigns and tasks, wrap-up codes, audit."""

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import (
    DEFAULT_TEAM,
    DEFAULT_TENANT,
    Table,
    id_field,
    json_field,
    tenant_field,
)


class TenantTable(Table, table=True):
    """One customer of the service; nothing is shared between tenants."""

    __tablename__ = "tenant"
    id: str = Field(default=DEFAULT_TENANT, primary_key=True)
    name: str
    created_at: float


class TeamTable(Table, table=True):
    """Agents who work together."""

    __tablename__ = "team"
    tenant: str = tenant_field(primary_key=True)
    name: str = Field(default=DEFAULT_TEAM, primary_key=True)
    created_at: float


class QueueTable(Table, table=True):
    """A line of work, with the policies of its conversations. The row `default` serves queues without a row."""

    __tablename__ = "queue"
    tenant: str = tenant_field(primary_key=True)
    name: str = Field(primary_key=True)
    team: str = DEFAULT_TEAM
    language: str = "zh"
    text_out_on_call: bool = False
    chat_action: str = "send"
    webhook_url: str | None = None
    webhook_secret: str | None = None
    retention_class: str = "standard"
    recording_policy: str = "record"


class CampaignTable(Table, table=True):
    """A reason to call many customers."""

    __tablename__ = "campaign"
    __table_args__ = (UniqueConstraint("tenant", "name"),)
    id: str = id_field()
    tenant: str = tenant_field()
    team: str = DEFAULT_TEAM
    name: str
    queue: str | None = None
    starts_at: float | None = None
    ends_at: float | None = None


class TaskTable(Table, table=True):
    """One thing to do with one customer, such as a call of a campaign or a promised call-back.

    `stage` is where the customer was lost, `script` names the articles to begin with, best first.
    """

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("tenant", "external_id"),)
    id: str = id_field()
    tenant: str = tenant_field(index=True)
    team: str = DEFAULT_TEAM
    campaign_id: str | None = Field(default=None, foreign_key="campaign.id", index=True)
    kind: str
    external_id: str | None = None
    customer_ref: str | None = None
    agent: str | None = None
    stage: str | None = None
    script: list[str] = json_field(list)
    language: str = "zh"
    queue: str | None = None
    product: str | None = None
    status: str = "open"
    context: dict[str, Any] = json_field()
    due_at: float | None = None
    created_at: float


class WrapUpCodeTable(Table, table=True):
    """A node of the tenant's tree of wrap-up codes."""

    __tablename__ = "wrap_up_code"
    tenant: str = tenant_field(primary_key=True)
    code: str = Field(primary_key=True)
    parent: str | None = None
    name_zh: str
    name_en: str
    position: int = 0
    active: bool = True


class AuditTable(Table, table=True):
    """Who did what to what: never deleted with its subject, never holds conversation text."""

    __tablename__ = "audit"
    id: str = id_field()
    tenant: str = tenant_field(index=True)
    at: float = Field(index=True)
    by: str
    action: str
    subject_type: str
    subject_id: str
    detail: dict[str, Any] = json_field()
