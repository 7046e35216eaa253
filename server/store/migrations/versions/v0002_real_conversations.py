"""What real conversations need: retention, recording switches, consent, languages, search, tasks, lock-out."""

import sqlalchemy as sa
from alembic import op

from server.store.migrations.real_conversations import columns, tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, add the columns, and give the standard retention class its rule."""
    tables.create()
    columns.add()
    days = ("audio_days", "text_days", "sample_days")
    rule = sa.table(
        "retention_rule",
        sa.column("tenant"),
        sa.column("retention_class"),
        *(sa.column(name, sa.Float) for name in days),
    )
    standard = {"tenant": "default", "retention_class": "standard"}
    op.bulk_insert(rule, [{**standard, "audio_days": 180.0, "text_days": 730.0, "sample_days": 730.0}])


def downgrade() -> None:
    """What was kept under these rules cannot be told apart without them."""
    raise NotImplementedError("restore a backup instead")
