"""The first schema: articles, versions, intent models."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def create() -> None:
    """Make the tables."""
    _article()
    _intent_model()
    _article_version()


def _article() -> None:
    op.create_table(
        "article",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("latest_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_article_tenant")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_article")),
    )


def _intent_model() -> None:
    op.create_table(
        "intent_model",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("metrics", JSON, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("activated_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_intent_model_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent_model")),
        sa.UniqueConstraint("tenant", "name", "version", name=op.f("uq_intent_model_tenant_name_version")),
    )


def _article_version() -> None:
    op.create_table(
        "article_version",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answer_text", sa.String(), nullable=True),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("scope_team", sa.String(), nullable=True),
        sa.Column("scope_queue", sa.String(), nullable=True),
        sa.Column("scope_direction", sa.String(), nullable=True),
        sa.Column("effective_from", sa.Float(), nullable=False),
        sa.Column("effective_to", sa.Float(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("approver", sa.String(), nullable=True),
        sa.Column("approved_at", sa.Float(), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        sa.Column("withdrawn_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant", "article_id"],
            ["article.tenant", "article.id"],
            name=op.f("fk_article_version_tenant_article_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant", "article_id", "version", name=op.f("pk_article_version")),
    )
    op.create_index(
        "ix_article_version_tenant_status_lang", "article_version", ["tenant", "status", "lang"], unique=False
    )
