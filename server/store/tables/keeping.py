"""What may be kept, for how long, and the proof of what was deleted."""

from typing import Any

from sqlmodel import Field

from server.store.tables.columns import Table, conversation_field, id_field, json_field, tenant_field


class RetentionRuleTable(Table, table=True):
    """How many days after its end each part of a conversation of a class is kept; None: until somebody deletes it."""

    __tablename__ = "retention_rule"
    tenant: str = tenant_field(primary_key=True)
    retention_class: str = Field(primary_key=True)
    audio_days: float | None = None
    text_days: float | None = None
    sample_days: float | None = None


class ProductTable(Table, table=True):
    """A product whose conversations are kept by a class of their own, whatever their queue."""

    __tablename__ = "product"
    tenant: str = tenant_field(primary_key=True)
    name: str = Field(primary_key=True)
    retention_class: str


class LegalHoldTable(Table, table=True):
    """Nothing of the subject (a `conversation` or a `customer`) is deleted until the hold is released.

    `customer_mark`, of a customer, finds what is left of conversations that are gone; see `DeletionReceiptTable`.
    """

    __tablename__ = "legal_hold"
    id: str = id_field()
    tenant: str = tenant_field()
    subject_type: str
    subject_id: str = Field(index=True)
    customer_mark: str | None = None
    reason: str
    placed_by: str
    placed_at: float
    released_by: str | None = None
    released_at: float | None = None
    release_reason: str | None = None


class DeletionReceiptTable(Table, table=True):
    """Proof that something was deleted: how much of what, never what it said.

    It is written before the deletion begins, so that one that was interrupted is known and finished later.
    `customer_mark` is a keyed hash that tells whose it was to those who know the customer's reference already.
    """

    __tablename__ = "deletion_receipt"
    id: str = id_field()
    tenant: str = tenant_field(index=True)
    at: float = Field(index=True)
    by: str
    reason: str
    subject_type: str
    subject_id: str
    counts: dict[str, Any] = json_field()
    customer_mark: str | None = Field(default=None, index=True)
    finished_at: float | None = None


class RecordingSwitchTable(Table, table=True):
    """From `at` seconds after the origin on, the audio of a conversation is kept, or not."""

    __tablename__ = "recording_switch"
    id: str = id_field()
    conversation_id: str = conversation_field()
    recording: bool
    at: float
    by: str
    reason: str


class ConsentTable(Table, table=True):
    """What the customer said to being recorded: `given`, `refused` or `unknown`."""

    __tablename__ = "consent"
    id: str = id_field()
    conversation_id: str = conversation_field()
    consent: str
    by: str
    at: float
