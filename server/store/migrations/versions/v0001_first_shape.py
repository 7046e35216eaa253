"""The whole shape of a conversation, one default tenant, team and queue."""

import time

import sqlalchemy as sa
from alembic import op

from server.store.migrations.first_shape import (
    conversations,
    delivery,
    knowledge,
    organisation,
    people,
    reviews,
    speech,
    suggestions,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table and the default tenant."""
    for subject in (organisation, people, conversations, speech, knowledge, suggestions, delivery, reviews):
        subject.create()
    _add_defaults(time.time())


def downgrade() -> None:
    """There is nothing before the first schema."""
    raise NotImplementedError("drop the database instead")


def _add_defaults(now: float) -> None:
    tenant = sa.table("tenant", sa.column("id"), sa.column("name"), sa.column("created_at", sa.Float))
    op.bulk_insert(tenant, [{"id": "default", "name": "default", "created_at": now}])
    team = sa.table("team", sa.column("tenant"), sa.column("name"), sa.column("created_at", sa.Float))
    op.bulk_insert(team, [{"tenant": "default", "name": "default", "created_at": now}])
    columns = ["tenant", "name", "team", "language", "chat_action", "retention_class", "recording_policy"]
    queue = sa.table("queue", *(sa.column(name) for name in columns), sa.column("text_out_on_call", sa.Boolean))
    values = ["default", "default", "default", "zh", "send", "standard", "record"]
    op.bulk_insert(queue, [{**dict(zip(columns, values, strict=True)), "text_out_on_call": False}])
