"""The first schema: suggestions, outcomes, samples."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def create() -> None:
    """Make the tables."""
    _sample()
    _suggestion()
    _outcome()


def _sample() -> None:
    op.create_table(
        "sample",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("article_id", sa.String(), nullable=True),
        sa.Column("article_version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("utterance_id", sa.String(), nullable=True),
        sa.Column("suggestion_id", sa.String(), nullable=True),
        sa.Column("mask_version", sa.Integer(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.Column("labelled_by", sa.String(), nullable=True),
        sa.Column("labelled_at", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_sample_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
        sa.UniqueConstraint("suggestion_id", name=op.f("uq_sample_suggestion_id")),
    )
    op.create_index(op.f("ix_sample_conversation_id"), "sample", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_sample_state"), "sample", ["state"], unique=False)


def _suggestion() -> None:
    op.create_table(
        "suggestion",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("trigger_text", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("article_id", sa.String(), nullable=False),
        sa.Column("article_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("reply_to_send", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("matched", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("thresholds", JSON, nullable=False),
        sa.Column("replaced_at", sa.Float(), nullable=True),
        sa.Column("speech_end", sa.Float(), nullable=True),
        sa.Column("first_interim", sa.Float(), nullable=True),
        sa.Column("intent_at", sa.Float(), nullable=True),
        sa.Column("retrieval", sa.Float(), nullable=True),
        sa.Column("pushed", sa.Float(), nullable=True),
        sa.Column("rendered", sa.Float(), nullable=True),
        sa.Column("acted", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_suggestion_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
    op.create_index(op.f("ix_suggestion_article_id"), "suggestion", ["article_id"], unique=False)
    op.create_index(op.f("ix_suggestion_conversation_id"), "suggestion", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_suggestion_trigger"), "suggestion", ["trigger"], unique=False)


def _outcome() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("suggestion_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("action_id", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_outcome_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestion.id"], name=op.f("fk_outcome_suggestion_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
        sa.UniqueConstraint("suggestion_id", "action_id", name=op.f("uq_outcome_suggestion_id_action_id")),
    )
    op.create_index(op.f("ix_outcome_conversation_id"), "outcome", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_outcome_suggestion_id"), "outcome", ["suggestion_id"], unique=False)
