"""The second schema: retention, recording, consent, languages, search."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def create() -> None:
    """Make the tables."""
    _rules()
    _legal_hold()
    _deletion_receipt()
    _recording_switch()
    _consent()
    _leg_language()
    _search_term()


def _rules() -> None:
    op.create_table(
        "product",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_product_tenant")),
        sa.PrimaryKeyConstraint("tenant", "name", name=op.f("pk_product")),
    )
    op.create_table(
        "retention_rule",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.Column("audio_days", sa.Float(), nullable=True),
        sa.Column("text_days", sa.Float(), nullable=True),
        sa.Column("sample_days", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_retention_rule_tenant")),
        sa.PrimaryKeyConstraint("tenant", "retention_class", name=op.f("pk_retention_rule")),
    )


def _legal_hold() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("customer_mark", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("placed_at", sa.Float(), nullable=False),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.Float(), nullable=True),
        sa.Column("release_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_legal_hold_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_subject_id"), "legal_hold", ["subject_id"], unique=False)


def _deletion_receipt() -> None:
    op.create_table(
        "deletion_receipt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("customer_mark", sa.String(), nullable=True),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_deletion_receipt_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletion_receipt")),
    )
    op.create_index(op.f("ix_deletion_receipt_at"), "deletion_receipt", ["at"], unique=False)
    op.create_index(op.f("ix_deletion_receipt_customer_mark"), "deletion_receipt", ["customer_mark"], unique=False)
    op.create_index(op.f("ix_deletion_receipt_tenant"), "deletion_receipt", ["tenant"], unique=False)


def _recording_switch() -> None:
    op.create_table(
        "recording_switch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("recording", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _of_conversation("recording_switch"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_switch")),
    )
    op.create_index(op.f("ix_recording_switch_conversation_id"), "recording_switch", ["conversation_id"], unique=False)


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        _of_conversation("consent"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_conversation_id"), "consent", ["conversation_id"], unique=False)


def _leg_language() -> None:
    op.create_table(
        "leg_language",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("start_sample", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "leg"],
            ["leg.conversation_id", "leg.name"],
            name=op.f("fk_leg_language_conversation_id_leg"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_language")),
    )
    op.create_index(op.f("ix_leg_language_conversation_id"), "leg_language", ["conversation_id"], unique=False)


def _search_term() -> None:
    term = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_index("uq_utterance_conversation_id_id", "utterance", ["conversation_id", "id"], unique=True)
    op.create_table(
        "search_term",
        sa.Column("term", term, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("utterance_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "utterance_id"],
            ["utterance.conversation_id", "utterance.id"],
            name=op.f("fk_search_term_conversation_id_utterance_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("term", "conversation_id", "utterance_id", "position", name=op.f("pk_search_term")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_search_term_conversation_id_utterance_id", "search_term", ["conversation_id", "utterance_id"], unique=False
    )


def _of_conversation(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_conversation_id")
    return sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=name, ondelete="CASCADE")
