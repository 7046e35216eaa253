"""Projections of segments, and what late news of them changes in what was stored before."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.session.segments import is_talk, kind_at
from server.store.tables.conversations import SegmentTable
from server.store.tables.speech import GapTable, UtteranceTable
from server.store.tables.suggestions import SampleTable
from server.wire.events import Event, Segment, SegmentsChanged


async def segments_changed(session: AsyncSession, event: Event, payload: SegmentsChanged) -> None:
    """Segments as they are known now take the place of what was known before."""
    await session.execute(delete(SegmentTable).where(col(SegmentTable.conversation_id) == event.conversation_id))
    for number, segment in enumerate(payload.segments):
        session.add(
            SegmentTable(
                id=f"{event.conversation_id}:{number}",
                conversation_id=event.conversation_id,
                kind=segment.kind.value,
                agent=segment.agent,
                start=segment.start,
                end=segment.end,
            )
        )
    await _sort_anew(session, event.conversation_id, payload.segments)


async def _sort_anew(session: AsyncSession, conversation_id: str, segments: Sequence[Segment]) -> None:
    """Put what was heard into the segments of now; what was not said in the talk is no sample."""
    gaps = await _gaps(session, conversation_id)
    heard = select(UtteranceTable).where(
        col(UtteranceTable.conversation_id) == conversation_id, col(UtteranceTable.leg).is_not(None)
    )
    aside = []
    for utterance in (await session.execute(heard)).scalars():
        missing = sum(g.missing for g in gaps if g.leg == utterance.leg and g.start <= utterance.start)
        kind = kind_at(segments, utterance.start + missing)
        utterance.segment = kind.value if kind is not None else None
        if not is_talk(kind):
            aside.append(utterance.id)
    if aside:
        of_them = (
            col(SampleTable.conversation_id) == conversation_id,
            col(SampleTable.utterance_id).in_(aside),
        )
        await session.execute(delete(SampleTable).where(*of_them))


async def _gaps(session: AsyncSession, conversation_id: str) -> list[GapTable]:
    """Times that senders left out of their streams."""
    left_out = select(GapTable).where(
        col(GapTable.conversation_id) == conversation_id, col(GapTable.start) == col(GapTable.end)
    )
    return list((await session.execute(left_out)).scalars())
