"""The audit: who did what to which."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.queries.organisation import append_audit
from server.store.tables.organisation import AuditTable


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: every field that is not None narrows them. Times are Unix seconds, `until` not included."""

    by: str | None = None
    action: str | None = None
    subject_type: str | None = None
    subject_id: str | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody did."""

    at: float
    by: str
    action: str
    subject_type: str
    subject_id: str
    detail: dict[str, Any] = field(repr=False)


async def page(session: AsyncSession, tenant: str, wanted: Wanted, offset: int, limit: int) -> tuple[list[Entry], int]:
    """Entries, newest first, and how many there are in all."""
    found = _found(tenant, wanted)
    total = (await session.execute(select(func.count()).select_from(found.subquery()))).scalar_one()
    newest = found.order_by(col(AuditTable.at).desc(), col(AuditTable.id).desc()).offset(offset).limit(limit)
    return [_entry(row) for row in (await session.execute(newest)).scalars()], total


async def append_once(
    session: AsyncSession, tenant: str, at: float, by: str, action: str, subject: tuple[str, str], within: float
) -> None:
    """Note it unless the same was noted less than `within` seconds ago."""
    wanted = Wanted(by, action, *subject, since=at - within)
    if (await session.execute(_found(tenant, wanted).limit(1))).first() is None:
        await append_audit(session, tenant, at, by, action, subject, {})


def _found(tenant: str, wanted: Wanted) -> Select[Any]:
    found = select(AuditTable).where(col(AuditTable.tenant) == tenant)
    for column, value in (
        (col(AuditTable.by), wanted.by),
        (col(AuditTable.action), wanted.action),
        (col(AuditTable.subject_type), wanted.subject_type),
        (col(AuditTable.subject_id), wanted.subject_id),
    ):
        if value is not None:
            found = found.where(column == value)
    if wanted.since is not None:
        found = found.where(col(AuditTable.at) >= wanted.since)
    return found if wanted.until is None else found.where(col(AuditTable.at) < wanted.until)


def _entry(row: AuditTable) -> Entry:
    return Entry(row.at, row.by, row.action, row.subject_type, row.subject_id, row.detail)
