"""The first schema: legs, gaps, utterances, recordings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def create() -> None:
    """Make the tables."""
    _leg()
    _gap()
    _leg_role()
    _recording()
    _utterance()


def _leg() -> None:
    op.create_table(
        "leg",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("origin_offset", sa.Float(), nullable=False),
        sa.Column("decoded_to", sa.BigInteger(), nullable=False),
        sa.Column("samples", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_leg_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "name", name=op.f("pk_leg")),
    )


def _gap() -> None:
    op.create_table(
        "gap",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("missing", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "leg"],
            ["leg.conversation_id", "leg.name"],
            name=op.f("fk_gap_conversation_id_leg"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
    )
    op.create_index(op.f("ix_gap_conversation_id"), "gap", ["conversation_id"], unique=False)


def _leg_role() -> None:
    op.create_table(
        "leg_role",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "leg"],
            ["leg.conversation_id", "leg.name"],
            name=op.f("fk_leg_role_conversation_id_leg"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_role")),
    )
    op.create_index(op.f("ix_leg_role_conversation_id"), "leg_role", ["conversation_id"], unique=False)


def _recording() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("codec", sa.String(), nullable=False),
        sa.Column("samples", sa.BigInteger(), nullable=False),
        sa.Column("sample_rate", sa.Integer(), nullable=False),
        sa.Column("origin_offset", sa.Float(), nullable=False),
        sa.Column("mask_version", sa.Integer(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("deleted_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id", "leg"],
            ["leg.conversation_id", "leg.name"],
            name=op.f("fk_recording_conversation_id_leg"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("conversation_id", "leg", "path", name=op.f("uq_recording_conversation_id_leg_path")),
    )
    op.create_index(op.f("ix_recording_conversation_id"), "recording", ["conversation_id"], unique=False)


def _utterance() -> None:
    op.create_table(
        "utterance",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=True),
        sa.Column("start_sample", sa.BigInteger(), nullable=True),
        sa.Column("end_sample", sa.BigInteger(), nullable=True),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("mask_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "leg"],
            ["leg.conversation_id", "leg.name"],
            name=op.f("fk_utterance_conversation_id_leg"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_utterance_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_utterance")),
        sa.UniqueConstraint(
            "conversation_id", "leg", "start_sample", name=op.f("uq_utterance_conversation_id_leg_start_sample")
        ),
    )
    op.create_index(op.f("ix_utterance_conversation_id"), "utterance", ["conversation_id"], unique=False)
