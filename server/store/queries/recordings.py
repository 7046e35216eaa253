"""Recordings of legs."""

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.records import RecordingRecord
from server.store.tables.speech import LegTable, RecordingTable


async def add(session: AsyncSession, record: RecordingRecord, at: float) -> None:
    """Keep where a leg's audio lies; the same path again replaces what was known of it."""
    values = asdict(record)
    values.pop("role")
    values["origin_offset"] = values.pop("offset")
    known = select(RecordingTable).where(
        col(RecordingTable.conversation_id) == record.conversation_id,
        col(RecordingTable.leg) == record.leg,
        col(RecordingTable.path) == record.path,
    )
    row = (await session.execute(known)).scalar_one_or_none()
    if row is None:
        row = RecordingTable(created_at=at, **values)
        session.add(row)
    else:
        row.sqlmodel_update(values)
    if not record.kept:
        row.deleted_at = at


async def ended_legs(session: AsyncSession, conversation_id: str) -> set[str]:
    """Names of the conversation's legs that have ended."""
    found = select(col(LegTable.name)).where(
        col(LegTable.conversation_id) == conversation_id, col(LegTable.ended_at).is_not(None)
    )
    return set((await session.execute(found)).scalars())


async def of(session: AsyncSession, conversation_id: str) -> list[RecordingRecord]:
    """The recordings of a conversation that are still there, with the role that each leg has now."""
    found = (
        select(RecordingTable, col(LegTable.role))
        .join(
            LegTable,
            (col(LegTable.conversation_id) == col(RecordingTable.conversation_id))
            & (col(LegTable.name) == col(RecordingTable.leg)),
        )
        .where(col(RecordingTable.conversation_id) == conversation_id, col(RecordingTable.deleted_at).is_(None))
        .order_by(col(LegTable.started_at), col(RecordingTable.leg), col(RecordingTable.origin_offset))
    )
    return [_record(row, role) for row, role in (await session.execute(found)).all()]


def _record(row: RecordingTable, role: str) -> RecordingRecord:
    return RecordingRecord(
        conversation_id=row.conversation_id,
        leg=row.leg,
        path=row.path,
        codec=row.codec,
        samples=row.samples,
        sample_rate=row.sample_rate,
        offset=row.origin_offset,
        role=role,
        mask_version=row.mask_version,
        consent=row.consent,
        retention_class=row.retention_class,
        gaps=[(start, end, reason) for start, end, reason in row.gaps],
        events_to=row.events_to,
    )
