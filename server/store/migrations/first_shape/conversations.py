"""The first schema: conversations, external ids, links, bindings, segments, events, inboxes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def create() -> None:
    """Make the tables."""
    _conversation()
    _binding()
    _business_result()
    _call_event()
    _conversation_link()
    _event()
    _external_id()
    _segment()


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("customer_ref", sa.String(), nullable=True),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("campaign_id", sa.String(), nullable=True),
        sa.Column("task_id", sa.String(), nullable=True),
        sa.Column("context", JSON, nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("retention_class", sa.String(), nullable=False),
        sa.Column("recording_policy", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("origin", sa.Float(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("wrapped_up_at", sa.Float(), nullable=True),
        sa.Column("wrap_up", sa.String(), nullable=True),
        sa.Column("wrap_up_note", sa.String(), nullable=False),
        sa.Column("wrapped_up_by", sa.String(), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_conversation_campaign_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_conversation_task_id")),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_conversation_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_index("ix_conversation_agent_wrapped_up_at", "conversation", ["agent", "wrapped_up_at"], unique=False)
    op.create_index(op.f("ix_conversation_customer_ref"), "conversation", ["customer_ref"], unique=False)
    op.create_index(op.f("ix_conversation_ended_at"), "conversation", ["ended_at"], unique=False)
    op.create_index(op.f("ix_conversation_queue"), "conversation", ["queue"], unique=False)
    op.create_index(op.f("ix_conversation_status"), "conversation", ["status"], unique=False)
    op.create_index("ix_conversation_tenant_started_at", "conversation", ["tenant", "started_at"], unique=False)


def _binding() -> None:
    op.create_table(
        "binding",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=True),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_binding_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
    )
    op.create_index(op.f("ix_binding_conversation_id"), "binding", ["conversation_id"], unique=False)


def _business_result() -> None:
    op.create_table(
        "business_result",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("idempotency_key", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_business_result_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_business_result_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_result")),
        sa.UniqueConstraint("tenant", "idempotency_key", name=op.f("uq_business_result_tenant_idempotency_key")),
    )
    op.create_index(op.f("ix_business_result_conversation_id"), "business_result", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_business_result_external_id"), "business_result", ["external_id"], unique=False)


def _call_event() -> None:
    op.create_table(
        "call_event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("applied_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_call_event_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_call_event_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_event")),
        sa.UniqueConstraint(
            "tenant", "external_id", "event_id", name=op.f("uq_call_event_tenant_external_id_event_id")
        ),
    )
    op.create_index(op.f("ix_call_event_conversation_id"), "call_event", ["conversation_id"], unique=False)


def _conversation_link() -> None:
    op.create_table(
        "conversation_link",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("parent_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_link_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["conversation.id"], name=op.f("fk_conversation_link_parent_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "parent_id", name=op.f("pk_conversation_link")),
    )
    op.create_index(op.f("ix_conversation_link_parent_id"), "conversation_link", ["parent_id"], unique=False)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_event_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_type"), "event", ["type"], unique=False)


def _external_id() -> None:
    op.create_table(
        "external_id",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_external_id_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant"], ["tenant.id"], name=op.f("fk_external_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_id")),
        sa.UniqueConstraint("tenant", "system", "value", name=op.f("uq_external_id_tenant_system_value")),
    )
    op.create_index(op.f("ix_external_id_conversation_id"), "external_id", ["conversation_id"], unique=False)


def _segment() -> None:
    op.create_table(
        "segment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_segment_conversation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
    )
    op.create_index(op.f("ix_segment_conversation_id"), "segment", ["conversation_id"], unique=False)
