"""HTTP bodies under `/v1/privacy` and `/v1/audit`: retention, legal holds, export, deletion, who did what.

Times are Unix seconds. A customer is named by the reference that other systems have for them.
"""

from typing import Annotated, Literal

from pydantic import Field

from server.wire.base import STORABLE, Label, Message
from server.wire.listen import Name

Days = Annotated[float, Field(ge=0, le=36500)]
Customer = Annotated[str, Field(min_length=1, max_length=128), STORABLE]
Reason = Annotated[str, Field(min_length=1, max_length=500), STORABLE]
Subject = Literal["conversation", "customer"]


class RetentionRuleRequest(Message):
    """Days that each part is kept after the conversation's end; null: until somebody deletes it."""

    audio_days: Days | None
    text_days: Days | None
    sample_days: Days | None


class RetentionClass(Message):
    """A retention class, its rule and who uses it. Without a rule (`ruled` false) everything is kept."""

    retention_class: str
    ruled: bool
    audio_days: float | None
    text_days: float | None
    sample_days: float | None
    conversations: int
    queues: list[str]
    products: list[str]


class RetentionOverview(Message):
    """All classes, and the hours between two sweeps that delete what is due."""

    classes: list[RetentionClass]
    sweep_hours: float


class ProductRequest(Message):
    """The class by which a product's conversations are kept; null: by that of their queue."""

    retention_class: Name | None


class HoldRequest(Message):
    """Place a legal hold on a conversation (its id) or a customer (their reference)."""

    subject_type: Subject
    subject_id: Customer
    reason: Reason


class ReleaseRequest(Message):
    """Why a hold is released."""

    reason: Reason


class LegalHold(Message):
    """A legal hold; in force while `released_at` is null."""

    hold_id: str
    subject_type: Subject
    subject_id: str
    reason: str
    placed_by: str
    placed_at: float
    released_by: str | None
    released_at: float | None
    release_reason: str | None


class CustomerRequest(Message):
    """Whose data is looked up or exported."""

    customer: Customer


class CustomerFound(Message):
    """How much there is of a customer, and the holds that keep it from being deleted."""

    conversations: int
    recordings: int
    samples: int
    tasks: int
    holds: list[LegalHold]


class DeletionRequest(Message):
    """Delete everything of a customer; `confirm` repeats the reference."""

    customer: Customer
    confirm: Label


class DeletionReceiptRow(Message):
    """Proof of a deletion: how many rows of each table, files and bytes; never what they said.

    `subject_type` is conversation, audio (of a conversation), samples (of a class) or customer; then `subject_id` is
    the SHA-256 of the tenant's secret and the reference. `finished_at` is null while it is under way.
    """

    receipt_id: str
    at: float
    by: str
    reason: str
    subject_type: str
    subject_id: str
    counts: dict[str, int]
    customer_mark: str | None
    finished_at: float | None


class ReceiptPage(Message):
    """Receipts, newest first; `total` counts all."""

    rows: list[DeletionReceiptRow]
    total: int


class AuditEntry(Message):
    """One thing that somebody did."""

    at: float
    by: str
    action: str
    subject_type: str
    subject_id: str
    detail: dict[str, str]


class AuditPage(Message):
    """Entries, newest first; `total` counts all that were asked for."""

    rows: list[AuditEntry]
    total: int
