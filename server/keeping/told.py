"""What may be told about retention, holds and deletions: wire messages from rows."""

import json
from dataclasses import asdict
from typing import Literal, cast

from server.store.queries.audit import Entry
from server.store.queries.holds import Hold
from server.store.queries.keeping import ClassUse, Rule
from server.store.queries.receipts import DeletionReceipt
from server.wire.privacy import AuditEntry, DeletionReceiptRow, LegalHold, RetentionClass


def told_class(use: ClassUse) -> RetentionClass:
    """A retention class with its rule."""
    rule = use.rule or Rule(use.retention_class)
    return RetentionClass(
        retention_class=use.retention_class,
        ruled=use.rule is not None,
        audio_days=rule.audio_days,
        text_days=rule.text_days,
        sample_days=rule.sample_days,
        conversations=use.conversations,
        queues=use.queues,
        products=use.products,
    )


def told_hold(hold: Hold) -> LegalHold:
    """A hold."""
    return LegalHold(
        hold_id=hold.hold_id,
        subject_type=cast(Literal["conversation", "customer"], hold.subject_type),
        subject_id=hold.subject_id,
        reason=hold.reason,
        placed_by=hold.placed_by,
        placed_at=hold.placed_at,
        released_by=hold.released_by,
        released_at=hold.released_at,
        release_reason=hold.release_reason,
    )


def told_receipt(receipt: DeletionReceipt) -> DeletionReceiptRow:
    """A receipt."""
    values = asdict(receipt)
    del values["tenant"]
    return DeletionReceiptRow(**values)


def told_entry(entry: Entry) -> AuditEntry:
    """An entry of the audit."""
    detail = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in entry.detail.items()
    }
    return AuditEntry(**(asdict(entry) | {"detail": detail}))
