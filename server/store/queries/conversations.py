"""Conversations as they stand, and their events."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.project.conversation import SENDER_SYSTEM
from server.store.queries.reach import within
from server.store.records import ConversationRecord, Reach
from server.store.tables.conversations import ConversationTable, EventTable, ExternalIdTable
from server.store.tables.speech import UtteranceTable
from server.store.tables.suggestions import OutcomeTable, SuggestionTable
from server.wire.events import Channel, Direction, Event, OutcomeKind, Receipt
from server.wire.rest import ConversationPage, ConversationRow

ACTED = (OutcomeKind.USED.value, OutcomeKind.SENT.value, OutcomeKind.EDITED.value, OutcomeKind.SPOKEN.value)


async def events(session: AsyncSession, conversation_id: str, after_seq: int, limit: int | None) -> list[Event]:
    """Events with a greater seq, in order."""
    found = (
        select(EventTable)
        .where(col(EventTable.conversation_id) == conversation_id, col(EventTable.seq) > after_seq)
        .order_by(col(EventTable.seq))
        .limit(limit)
    )
    return [_event(item) for item in (await session.execute(found)).scalars()]


def _event(item: EventTable) -> Event:
    return Event.model_validate(item.model_dump(exclude={"type"}))


async def by_id(session: AsyncSession, conversation_id: str) -> ConversationRecord | None:
    """One conversation."""
    return _first(await _records(session, col(ConversationTable.id) == conversation_id))


async def by_external_id(
    session: AsyncSession, tenant: str, external_id: str, system: str
) -> ConversationRecord | None:
    """The conversation that a system names so."""
    named = select(col(ExternalIdTable.conversation_id)).where(
        col(ExternalIdTable.tenant) == tenant,
        col(ExternalIdTable.system) == system,
        col(ExternalIdTable.value) == external_id,
    )
    return _first(await _records(session, col(ConversationTable.id).in_(named)))


async def unfinished(session: AsyncSession) -> list[ConversationRecord]:
    """Conversations that have not ended, oldest first."""
    return await _records(session, col(ConversationTable.ended_at).is_(None))


async def unclaimed(session: AsyncSession, reach: Reach) -> list[ConversationRecord]:
    """Calls within reach that have not ended and have no agent, oldest first."""
    return await _records(
        session,
        *within(reach),
        col(ConversationTable.channel) == Channel.CALL.value,
        col(ConversationTable.agent).is_(None),
        col(ConversationTable.ended_at).is_(None),
        col(ConversationTable.wrapped_up_at).is_(None),
    )


async def active_of(session: AsyncSession, tenant: str, login: str) -> list[ConversationRecord]:
    """An agent's conversations that are not wrapped up, oldest first."""
    return await _records(
        session,
        col(ConversationTable.tenant) == tenant,
        col(ConversationTable.agent) == login,
        col(ConversationTable.wrapped_up_at).is_(None),
    )


async def page(session: AsyncSession, reach: Reach, offset: int, limit: int) -> ConversationPage:
    """The list of conversations within reach, newest first."""
    where = within(reach)
    total = (await session.execute(select(func.count()).select_from(ConversationTable).where(*where))).scalar_one()
    newest = (col(ConversationTable.started_at).desc(), col(ConversationTable.id).desc())
    found = _row_query().where(*where).order_by(*newest).offset(offset).limit(limit)
    rows = (await session.execute(found)).all()
    return ConversationPage(rows=[_row(found_row) for found_row in rows], total=total)


async def row(session: AsyncSession, conversation_id: str) -> ConversationRow | None:
    """One line of that list."""
    found = (await session.execute(_row_query().where(col(ConversationTable.id) == conversation_id))).first()
    return _row(found) if found is not None else None


async def rows(session: AsyncSession, ids: Sequence[str]) -> list[ConversationRow]:
    """Some lines of that list, in the order of their ids."""
    found = (await session.execute(_row_query().where(col(ConversationTable.id).in_(ids)))).all()
    by_id = {row.conversation_id: row for row in map(_row, found)}
    return [by_id[conversation_id] for conversation_id in ids if conversation_id in by_id]


async def receipts(session: AsyncSession, conversation_id: str) -> dict[str, Receipt]:
    """The receipt of every suggestion, by its id."""
    found = select(SuggestionTable).where(col(SuggestionTable.conversation_id) == conversation_id)
    return {item.id: _receipt(item) for item in (await session.execute(found)).scalars()}


async def _records(session: AsyncSession, *where: ColumnElement[bool]) -> list[ConversationRecord]:
    found = (
        select(ConversationTable, col(ExternalIdTable.value))
        .outerjoin(ExternalIdTable, _sender_id())
        .where(*where)
        .order_by(col(ConversationTable.started_at), col(ConversationTable.id))
    )
    return [_record(item, name) for item, name in (await session.execute(found)).all()]


def _sender_id() -> ColumnElement[bool]:
    return (col(ExternalIdTable.conversation_id) == col(ConversationTable.id)) & (
        col(ExternalIdTable.system) == SENDER_SYSTEM
    )


def _first(found: Sequence[ConversationRecord]) -> ConversationRecord | None:
    return found[0] if found else None


def _record(item: ConversationTable, external_id: str | None) -> ConversationRecord:
    return ConversationRecord(
        conversation_id=item.id,
        tenant=item.tenant,
        team=item.team,
        channel=Channel(item.channel),
        direction=Direction(item.direction),
        external_id=external_id or "",
        queue=item.queue,
        language=item.language,
        customer=item.customer_ref,
        agent=item.agent,
        context=item.context,
        consent=item.consent,
        retention_class=item.retention_class,
        recording_policy=item.recording_policy,
        status=item.status,
        origin=item.origin,
        started_at=item.started_at,
        ended_at=item.ended_at,
        wrapped_up_at=item.wrapped_up_at,
        wrap_up=item.wrap_up,
        last_seq=item.last_seq,
    )


def _row_query() -> Select[ConversationTable, str, int, int, int]:
    here = col(ConversationTable.id)
    utterances = select(func.count()).where(col(UtteranceTable.conversation_id) == here).scalar_subquery()
    suggestions = select(func.count()).where(col(SuggestionTable.conversation_id) == here).scalar_subquery()
    acted = (
        select(func.count(col(OutcomeTable.suggestion_id).distinct()))
        .where(col(OutcomeTable.conversation_id) == here, col(OutcomeTable.outcome).in_(ACTED))
        .scalar_subquery()
    )
    columns = (ConversationTable, col(ExternalIdTable.value), utterances, suggestions, acted)
    return select(*columns).outerjoin(ExternalIdTable, _sender_id())


def _row(found: Row[ConversationTable, str, int, int, int]) -> ConversationRow:
    item, external_id, utterances, suggestions, acted = found
    return ConversationRow(
        conversation_id=item.id,
        external_id=external_id or "",
        channel=Channel(item.channel),
        direction=Direction(item.direction),
        language=item.language,
        queue=item.queue,
        agent=item.agent,
        customer=item.customer_ref,
        started_at=item.started_at,
        ended_at=item.ended_at,
        wrap_up=item.wrap_up,
        utterances=utterances,
        suggestions=suggestions,
        acted=acted,
    )


def _receipt(item: SuggestionTable) -> Receipt:
    return Receipt(
        speech_end=item.speech_end,
        first_interim=item.first_interim,
        intent=item.intent_at,
        retrieval=item.retrieval,
        pushed=item.pushed,
        rendered=item.rendered,
        acted=item.acted,
    )
