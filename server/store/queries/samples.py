"""Samples."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.records import SampleRecord
from server.store.tables.suggestions import SampleTable


async def listing(session: AsyncSession, tenant: str, state: str | None) -> list[SampleRecord]:
    """Samples, oldest first."""
    found = select(SampleTable).where(col(SampleTable.tenant) == tenant)
    if state is not None:
        found = found.where(col(SampleTable.state) == state)
    rows = (await session.execute(found.order_by(col(SampleTable.created_at), col(SampleTable.id)))).scalars()
    return [_record(row) for row in rows]


def _record(row: SampleTable) -> SampleRecord:
    return SampleRecord(
        sample_id=row.id,
        state=row.state,
        text=row.text,
        language=row.language,
        label=row.label,
        article_id=row.article_id,
        article_version=row.article_version,
        reason=row.reason,
        conversation_id=row.conversation_id,
        utterance_id=row.utterance_id,
        suggestion_id=row.suggestion_id,
        mask_version=row.mask_version,
        consent=row.consent,
        retention_class=row.retention_class,
    )
