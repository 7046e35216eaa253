"""Receipts of deletions: begun before anything goes, finished when all of it is gone."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.ids import new_id
from server.store.tables.keeping import DeletionReceiptTable

REQUEST = "request"
"""Reason of a deletion that somebody asked for; others name the rule."""
Counts = dict[str, int]
"""How many rows of each table, `files` and their `bytes`."""


@dataclass(frozen=True, slots=True)
class DeletionReceipt:
    """What was deleted: `subject_type` conversation, customer (then the id is the mark), samples (a class)."""

    tenant: str
    at: float
    by: str
    reason: str
    subject_type: str
    subject_id: str
    counts: Counts = field(default_factory=dict)
    customer_mark: str | None = None
    finished_at: float | None = None
    receipt_id: str = field(default_factory=new_id)


async def begin(session: AsyncSession, receipt: DeletionReceipt) -> DeletionReceipt:
    """Write a receipt down; the one that is there already if the same deletion was begun before."""
    found = select(DeletionReceiptTable).where(
        col(DeletionReceiptTable.tenant) == receipt.tenant,
        col(DeletionReceiptTable.subject_type) == receipt.subject_type,
        col(DeletionReceiptTable.subject_id) == receipt.subject_id,
        col(DeletionReceiptTable.reason) == receipt.reason,
        col(DeletionReceiptTable.finished_at).is_(None),
    )
    known = (await session.execute(found)).scalars().first()
    if known is not None:
        return _receipt(known)
    session.add(
        DeletionReceiptTable(
            id=receipt.receipt_id,
            tenant=receipt.tenant,
            at=receipt.at,
            by=receipt.by,
            reason=receipt.reason,
            subject_type=receipt.subject_type,
            subject_id=receipt.subject_id,
            counts=dict(receipt.counts),
            customer_mark=receipt.customer_mark,
            finished_at=receipt.finished_at,
        )
    )
    return receipt


async def finish(session: AsyncSession, receipt_id: str, counts: Counts, at: float) -> DeletionReceipt:
    """All of it is gone: add the counts; nothing to one that is finished, by whoever deleted at the same time."""
    row = await session.get_one(DeletionReceiptTable, receipt_id, with_for_update=True, populate_existing=True)
    if row.finished_at is not None:
        return _receipt(row)
    row.counts = added(row.counts, counts)
    row.finished_at = at
    return _receipt(row)


async def unfinished(session: AsyncSession, subject_type: str) -> list[DeletionReceipt]:
    """Deletions that were begun and interrupted, oldest first."""
    found = (
        select(DeletionReceiptTable)
        .where(
            col(DeletionReceiptTable.finished_at).is_(None),
            col(DeletionReceiptTable.subject_type) == subject_type,
        )
        .order_by(col(DeletionReceiptTable.at), col(DeletionReceiptTable.id))
    )
    return [_receipt(row) for row in (await session.execute(found)).scalars()]


async def page(session: AsyncSession, tenant: str, offset: int, limit: int) -> tuple[list[DeletionReceipt], int]:
    """Receipts, newest first, and how many there are in all."""
    found = select(DeletionReceiptTable).where(col(DeletionReceiptTable.tenant) == tenant)
    total = (await session.execute(select(func.count()).select_from(found.subquery()))).scalar_one()
    newest = found.order_by(col(DeletionReceiptTable.at).desc(), col(DeletionReceiptTable.id).desc())
    rows = (await session.execute(newest.offset(offset).limit(limit))).scalars()
    return [_receipt(row) for row in rows], total


async def of_customer(session: AsyncSession, tenant: str, mark: str, at: float | None = None) -> list[DeletionReceipt]:
    """Receipts of conversations of the customer with this mark; of one moment where that is given."""
    found = select(DeletionReceiptTable).where(
        col(DeletionReceiptTable.tenant) == tenant,
        col(DeletionReceiptTable.customer_mark) == mark,
        col(DeletionReceiptTable.subject_type) == "conversation",
    )
    if at is not None:
        found = found.where(col(DeletionReceiptTable.at) == at)
    return [_receipt(row) for row in (await session.execute(found)).scalars()]


async def deleted(session: AsyncSession, conversation_ids: list[str]) -> set[str]:
    """Which of these conversations were deleted for good, by their receipts."""
    found = select(col(DeletionReceiptTable.subject_id)).where(
        col(DeletionReceiptTable.subject_type) == "conversation",
        col(DeletionReceiptTable.subject_id).in_(conversation_ids),
        col(DeletionReceiptTable.finished_at).is_not(None),
    )
    return set((await session.execute(found)).scalars())


async def newest(session: AsyncSession) -> float:
    """When the last deletion was finished; 0 when there was none."""
    found = select(func.max(col(DeletionReceiptTable.finished_at)))
    return (await session.execute(found)).scalar_one_or_none() or 0.0


def added(*many: Counts) -> Counts:
    """The sum, table by table."""
    total: Counts = {}
    for counts in many:
        for name, number in counts.items():
            total[name] = total.get(name, 0) + number
    return total


def _receipt(row: DeletionReceiptTable) -> DeletionReceipt:
    return DeletionReceipt(
        tenant=row.tenant,
        at=row.at,
        by=row.by,
        reason=row.reason,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        counts=dict(row.counts),
        customer_mark=row.customer_mark,
        finished_at=row.finished_at,
        receipt_id=row.id,
    )
