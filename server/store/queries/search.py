"""Stored conversations that a reviewer searches for: by words, by what they are, within reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kb.terms import Pattern
from server.store.errors import InvalidError
from server.store.queries import conversations
from server.store.queries.matching import conversations_with
from server.store.queries.reach import within
from server.store.queries.snippets import Hits, hits_in
from server.store.records import Reach
from server.store.tables.conversations import ConversationTable
from server.store.tables.organisation import WrapUpCodeTable
from server.store.tables.speech import RecordingTable
from server.store.tables.suggestions import OutcomeTable, SuggestionTable
from server.wire.events import Channel, Direction
from server.wire.rest import FoundConversation, FoundPage

Trait = Literal["recording", "edited", "not_right"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search for; whatever is empty or None narrows nothing. Times are Unix seconds, `until` not included."""

    words: Sequence[Pattern] = ()
    agent: str | None = None
    queue: str | None = None
    team: str | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    language: str | None = None
    customer: str | None = None
    since: float | None = None
    until: float | None = None
    intent: str | None = None
    wrap_up: str | None = None
    traits: frozenset[Trait] = frozenset()


async def page(session: AsyncSession, reach: Reach, wanted: Wanted, offset: int, limit: int) -> FoundPage:
    """What was found, newest first. Raises `InvalidError` for a wrap-up code that there is not."""
    where = [*within(reach), *_narrowed(wanted)]
    if wanted.wrap_up is not None:
        where.append(col(ConversationTable.wrap_up).in_(await _below(session, reach.tenant, wanted.wrap_up)))
    newest = (col(ConversationTable.started_at).desc(), col(ConversationTable.id).desc())
    # Ids and their total in one statement: looking the words up is what takes long.
    found = select(col(ConversationTable.id), func.count().over()).where(*where).order_by(*newest)
    rows = (await session.execute(found.offset(offset).limit(limit))).all()
    ids, total = [row[0] for row in rows], rows[0][1] if rows else 0
    if not rows and offset:
        total = (await session.execute(select(func.count()).select_from(ConversationTable).where(*where))).scalar_one()
    return FoundPage(found=await _told(session, ids, wanted.words), total=total)


async def _told(session: AsyncSession, ids: Sequence[str], words: Sequence[Pattern]) -> list[FoundConversation]:
    if not ids:
        return []
    recorded = select(col(RecordingTable.conversation_id)).where(
        col(RecordingTable.conversation_id).in_(ids), col(RecordingTable.deleted_at).is_(None)
    )
    audible = set((await session.execute(recorded)).scalars())
    hits = await hits_in(session, ids, words)
    return [
        FoundConversation(
            row=row,
            recorded=row.conversation_id in audible,
            hits=hits.get(row.conversation_id, Hits()).count,
            snippets=hits.get(row.conversation_id, Hits()).shown,
        )
        for row in await conversations.rows(session, ids)
    ]


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    conversation = ConversationTable
    equal = [
        (col(conversation.agent), wanted.agent),
        (col(conversation.queue), wanted.queue),
        (col(conversation.team), wanted.team),
        (col(conversation.channel), wanted.channel),
        (col(conversation.direction), wanted.direction),
        (col(conversation.language), wanted.language),
        (col(conversation.customer_ref), wanted.customer),
    ]
    where: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if wanted.since is not None:
        where.append(col(conversation.started_at) >= wanted.since)
    if wanted.until is not None:
        where.append(col(conversation.started_at) < wanted.until)
    if wanted.intent is not None:
        raised = select(col(SuggestionTable.id)).where(
            col(SuggestionTable.conversation_id) == col(conversation.id), col(SuggestionTable.intent) == wanted.intent
        )
        where.append(raised.exists())
    where += [_has(trait) for trait in sorted(wanted.traits)]
    return where + [col(conversation.id).in_(conversations_with(pattern)) for pattern in wanted.words]


def _has(trait: Trait) -> ColumnElement[bool]:
    here = col(ConversationTable.id)
    if trait == "recording":
        kept = select(col(RecordingTable.id)).where(
            col(RecordingTable.conversation_id) == here, col(RecordingTable.deleted_at).is_(None)
        )
        return kept.exists()
    outcome = select(col(OutcomeTable.id)).where(
        col(OutcomeTable.conversation_id) == here, col(OutcomeTable.outcome) == trait
    )
    return outcome.exists()


async def _below(session: AsyncSession, tenant: str, code: str) -> set[str]:
    """The code and all codes under it, also those no longer in use."""
    codes = select(col(WrapUpCodeTable.code), col(WrapUpCodeTable.parent)).where(col(WrapUpCodeTable.tenant) == tenant)
    parents = {row.code: row.parent for row in (await session.execute(codes)).all()}
    if code not in parents:
        raise InvalidError("there is no such wrap-up code")
    below: set[str] = set()
    new = {code}
    while new:
        below |= new
        new = {child for child, parent in parents.items() if parent in below} - below
    return below
