"""What learning from use needs: outcomes by time, and what trainers decided about proposed wordings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the index and the table."""
    op.create_index("ix_outcome_at_outcome", "outcome", ["at", "outcome"])
    op.create_table(
        "wording",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("article_version", sa.Integer(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"]),
        sa.PrimaryKeyConstraint("tenant", "article_id", "article_version", "text_key"),
    )
    _holes()


def _holes() -> None:
    """What stands unfilled in a reply, and who told what is in it; the cards so far had no slots filled."""
    for name, nothing in (("holes", "[]"), ("filled", "{}")):
        op.add_column("suggestion", sa.Column(name, JSON, nullable=False, server_default=nothing))
        with op.batch_alter_table("suggestion") as table:
            table.alter_column(name, server_default=None, existing_type=JSON, existing_nullable=False)


def downgrade() -> None:
    """Decisions that were made cannot be made again."""
    raise NotImplementedError("restore a backup instead")
