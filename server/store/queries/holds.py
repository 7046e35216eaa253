"""Legal holds: what must not be deleted until somebody releases it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import ConflictError, InvalidError, NotFoundError
from server.store.tables.conversations import ConversationTable
from server.store.tables.keeping import DeletionReceiptTable, LegalHoldTable

CONVERSATION = "conversation"
CUSTOMER = "customer"
SUBJECTS = (CONVERSATION, CUSTOMER)


class HeldError(ConflictError):
    """A legal hold forbids a deletion; the message names it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on a conversation (by id) or a customer (by reference); `mark` is the customer's keyed hash."""

    hold_id: str
    subject_type: str
    subject_id: str = field(repr=False)
    reason: str = field(repr=False)
    placed_by: str
    placed_at: float
    mark: str | None = None
    released_by: str | None = None
    released_at: float | None = None
    release_reason: str | None = field(default=None, repr=False)


async def place(session: AsyncSession, tenant: str, hold: Hold) -> None:
    """Place a hold. Raises `NotFoundError`, `InvalidError`, and `ConflictError` for what is being deleted or held."""
    if hold.subject_type not in SUBJECTS:
        raise InvalidError("a hold is placed on a `conversation` or on a `customer`")
    if not hold.subject_id.strip() or not hold.reason.strip():
        raise InvalidError("a hold needs a subject and a reason")
    if hold.subject_type == CONVERSATION:
        row = await session.get(ConversationTable, hold.subject_id)
        if row is None or row.tenant != tenant:
            raise NotFoundError("there is no such conversation")
    if await on(session, tenant, hold.subject_type, [hold.subject_id]):
        raise ConflictError("a hold lies on it already")
    await _refuse_half_deleted(session, tenant, hold)
    session.add(
        LegalHoldTable(
            id=hold.hold_id,
            tenant=tenant,
            subject_type=hold.subject_type,
            subject_id=hold.subject_id,
            customer_mark=hold.mark,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )
    )


async def _refuse_half_deleted(session: AsyncSession, tenant: str, hold: Hold) -> None:
    """Once a deletion has begun it is finished, so a hold would promise what is not there."""
    same = (
        col(DeletionReceiptTable.customer_mark) == hold.mark
        if hold.mark is not None
        else and_(
            col(DeletionReceiptTable.subject_type) == CONVERSATION,
            col(DeletionReceiptTable.subject_id) == hold.subject_id,
        )
    )
    found = select(col(DeletionReceiptTable.id)).where(
        col(DeletionReceiptTable.tenant) == tenant, col(DeletionReceiptTable.finished_at).is_(None), same
    )
    if (await session.execute(found.limit(1))).first() is not None:
        raise ConflictError("it is being deleted at this moment")


async def release(session: AsyncSession, tenant: str, hold_id: str, by: str, reason: str, at: float) -> Hold:
    """End a hold. Raises `NotFoundError`, `ConflictError` when it was released before, `InvalidError`."""
    if not reason.strip():
        raise InvalidError("say why the hold is released")
    row = await session.get(LegalHoldTable, hold_id)
    if row is None or row.tenant != tenant:
        raise NotFoundError("there is no such hold")
    if row.released_at is not None:
        raise ConflictError("this hold was released before")
    row.released_by, row.released_at, row.release_reason = by, at, reason
    return _hold(row)


async def listing(session: AsyncSession, tenant: str) -> list[Hold]:
    """Every hold: those in force first, then the newest."""
    found = (
        select(LegalHoldTable)
        .where(col(LegalHoldTable.tenant) == tenant)
        .order_by(col(LegalHoldTable.released_at).is_not(None), col(LegalHoldTable.placed_at).desc())
    )
    return [_hold(row) for row in (await session.execute(found)).scalars()]


async def on(session: AsyncSession, tenant: str, subject_type: str, ids: Sequence[str]) -> list[Hold]:
    """Holds in force on these conversations or customers."""
    found = select(LegalHoldTable).where(
        col(LegalHoldTable.tenant) == tenant,
        col(LegalHoldTable.released_at).is_(None),
        col(LegalHoldTable.subject_type) == subject_type,
        col(LegalHoldTable.subject_id).in_(ids),
    )
    return [_hold(row) for row in (await session.execute(found)).scalars()]


async def on_conversation(session: AsyncSession, conversation: ConversationTable) -> list[Hold]:
    """Holds in force on a conversation or on its customer."""
    subject = [
        and_(
            col(LegalHoldTable.subject_type) == CONVERSATION,
            col(LegalHoldTable.subject_id) == conversation.id,
        )
    ]
    if conversation.customer_ref is not None:
        customer = col(LegalHoldTable.subject_id) == conversation.customer_ref
        subject.append(and_(col(LegalHoldTable.subject_type) == CUSTOMER, customer))
    found = select(LegalHoldTable).where(
        col(LegalHoldTable.tenant) == conversation.tenant, col(LegalHoldTable.released_at).is_(None), or_(*subject)
    )
    return [_hold(row) for row in (await session.execute(found)).scalars()]


def refuse(held: Sequence[Hold]) -> None:
    """Raise `HeldError` if there is any hold."""
    if held:
        names = ", ".join(f"{hold.hold_id} (placed by {hold.placed_by})" for hold in held)
        raise HeldError(f"a legal hold forbids the deletion; release it first: {names}")


async def anonymise(session: AsyncSession, tenant: str, customer: str, mark: str) -> int:
    """Take a deleted customer out of holds that were released; how many."""
    found = select(LegalHoldTable).where(
        col(LegalHoldTable.tenant) == tenant,
        col(LegalHoldTable.subject_type) == CUSTOMER,
        col(LegalHoldTable.subject_id) == customer,
        col(LegalHoldTable.released_at).is_not(None),
    )
    rows = list((await session.execute(found)).scalars())
    for row in rows:
        row.subject_id, row.reason, row.release_reason = mark, "", ""
    return len(rows)


def _hold(row: LegalHoldTable) -> Hold:
    return Hold(
        hold_id=row.id,
        subject_type=row.subject_type,
        subject_id=row.subject_id,
        reason=row.reason,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        mark=row.customer_mark,
        released_by=row.released_by,
        released_at=row.released_at,
        release_reason=row.release_reason,
    )
