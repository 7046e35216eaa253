"""What a recording depends on, and which recordings have to be looked at again."""

from typing import Any, cast

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.records import NOT_KEPT
from server.store.tables.conversations import EventTable
from server.store.tables.speech import RecordingTable
from server.wire.events import ConsentChanged, ConversationStarted, Event, RecordingChanged, Utterance

POLICY = tuple(kind.model_fields["type"].default for kind in (ConversationStarted, RecordingChanged, ConsentChanged))
UTTERANCE = Utterance.model_fields["type"].default


async def sound_events(session: AsyncSession, conversation_id: str, leg: str) -> list[Event]:
    """Events that say what of the leg's audio may be kept: switches, consent, utterances with something masked."""
    payload = cast(Any, col(EventTable.payload))
    masked = and_(
        col(EventTable.type) == UTTERANCE, payload["leg"].as_string() == leg, payload["masked"].as_string() != "[]"
    )
    found = (
        select(EventTable)
        .where(col(EventTable.conversation_id) == conversation_id, or_(col(EventTable.type).in_(POLICY), masked))
        .order_by(col(EventTable.seq))
    )
    return [Event.model_validate(row.model_dump(exclude={"type"})) for row in (await session.execute(found)).scalars()]


async def outdated(session: AsyncSession, conversation_id: str | None = None) -> list[str]:
    """Conversations where something was said about recording after a recording had been made; all, or this one."""
    later = exists().where(
        col(EventTable.conversation_id) == col(RecordingTable.conversation_id),
        col(EventTable.seq) > col(RecordingTable.events_to),
        col(EventTable.type).in_(POLICY),
    )
    found = select(col(RecordingTable.conversation_id)).distinct().where(later, _there())
    if conversation_id is not None:
        found = found.where(col(RecordingTable.conversation_id) == conversation_id)
    return list((await session.execute(found)).scalars())


def _there() -> Any:
    return and_(col(RecordingTable.deleted_at).is_(None), col(RecordingTable.codec) != NOT_KEPT)
