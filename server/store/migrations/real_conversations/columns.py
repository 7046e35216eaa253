"""The second schema: what tables of the first one learn."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def add() -> None:
    """Add the columns; rows that are there get what was true of them so far."""
    _nullable("conversation", sa.Column("product", sa.String()))
    _samples()
    _nullable("task", *(sa.Column(name, sa.String()) for name in ("external_id", "stage", "queue", "product")))
    _nullable("user_account", sa.Column("password_changed_at", sa.Float()), sa.Column("locked_until", sa.Float()))
    _nullable("utterance", sa.Column("segment", sa.String()))
    _filled("task", "script", JSON, "[]")
    _filled("task", "language", sa.String(), "zh")
    _filled("user_account", "queues", JSON, "[]")
    _filled("user_account", "must_change_password", sa.Boolean(), sa.false())
    _filled("user_account", "failed_logins", sa.Integer(), "0")
    _filled("recording", "gaps", JSON, "[]")
    _filled("recording", "events_to", sa.Integer(), "0")
    _filled("utterance", "language", sa.String(), "zh")
    _filled("utterance", "sound", sa.String(), "speech")
    _filled("api_key", "queues", JSON, "[]")
    # Until now no key was limited to a team.
    op.execute("UPDATE api_key SET team = '*'")
    with op.batch_alter_table("task") as table:
        table.create_unique_constraint(op.f("uq_task_tenant_external_id"), ["tenant", "external_id"])


def _samples() -> None:
    _nullable("sample", *(sa.Column(name, sa.String()) for name in ("guess", "decision_id")))
    _nullable("sample", *(sa.Column(name, sa.Float()) for name in ("confidence", "threshold", "skipped_at")))
    _filled("sample", "queue", sa.String(), "default")
    _filled("sample", "text_key", sa.String(), "")
    _filled("sample", "seen", sa.Integer(), "1")
    _filled("sample", "revision", sa.Integer(), "0")
    _filled("sample", "before", JSON, "{}")
    # Samples from before count each for itself.
    op.execute("UPDATE sample SET text_key = id")
    op.create_index(op.f("ix_sample_tenant_text_key"), "sample", ["tenant", "text_key"], unique=False)
    op.create_index(op.f("ix_sample_decision_id"), "sample", ["decision_id"], unique=False)


def _nullable(table: str, *columns: sa.Column[Any]) -> None:
    for column in columns:
        op.add_column(table, column)


def _filled(table: str, name: str, kind: sa.types.TypeEngine[Any], value: str | sa.ColumnElement[bool]) -> None:
    """Add a column that may not be null, without leaving a default behind."""
    op.add_column(table, sa.Column(name, kind, nullable=False, server_default=value))
    with op.batch_alter_table(table) as batch:
        batch.alter_column(name, server_default=None, existing_type=kind, existing_nullable=False)
