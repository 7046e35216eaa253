"""Events into tables: each payload type has one small function that projects it.

Everything here runs in the writer's transaction, so that an event and its projection are committed together.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import ConflictError, NotFoundError
from server.store.project import (
    conversation,
    delivery,
    keeping,
    sample,
    segment,
    speech,
    suggestion,
    task,
)
from server.store.tables.conversations import ConversationTable, EventTable
from server.wire import events as wire
from server.wire.base import Message
from server.wire.events import Event

Projection = Callable[[AsyncSession, Event, Any], Awaitable[None]]

PROJECTIONS: Mapping[type[Message], Projection] = {
    wire.ConversationStarted: conversation.started,
    wire.AgentBound: conversation.agent_bound,
    wire.CustomerBound: conversation.customer_bound,
    wire.TaskBound: task.task_bound,
    wire.ProductBound: keeping.product_bound,
    wire.LanguageChanged: conversation.language_changed,
    wire.RecordingChanged: keeping.recording_changed,
    wire.ConsentChanged: keeping.consent_changed,
    wire.SegmentsChanged: segment.segments_changed,
    wire.SwitchEvent: conversation.switch_event,
    wire.ConversationEnded: conversation.ended,
    wire.WrappedUp: conversation.wrapped_up,
    wire.LegStarted: speech.leg_started,
    wire.LegRoleChanged: speech.leg_role,
    wire.LegLanguageChanged: speech.leg_language,
    wire.LegGap: speech.leg_gap,
    wire.LegSilence: speech.leg_silence,
    wire.LegEnded: speech.leg_ended,
    wire.Utterance: speech.utterance,
    wire.SuggestionsRaised: suggestion.raised,
    wire.SuggestionRevised: suggestion.revised,
    wire.SuggestionsUnsure: sample.unsure,
    wire.SuggestionOutcome: suggestion.outcome,
    wire.SuggestionRendered: suggestion.rendered,
    wire.MessageQueued: delivery.queued,
    wire.MessageState: delivery.state_changed,
}


async def commit_events(session: AsyncSession, events: Sequence[Event]) -> None:
    """Insert and project events, in order. Each conversation's seqs must follow on from its last, from 1 on.

    Raises `ConflictError` when another writer was there first, `NotFoundError` when an event names what was
    never made.
    """
    for conversation_id, group in groupby(events, key=lambda event: event.conversation_id):
        await _commit_group(session, conversation_id, list(group))


async def _commit_group(session: AsyncSession, conversation_id: str, events: list[Event]) -> None:
    if isinstance(events[0].payload, wire.ConversationStarted):
        await _project(session, events[0])
        remaining = events[1:]
    else:
        remaining = events
    await _advance_seq(session, conversation_id, events)
    for event in remaining:
        await _project(session, event)
    await session.execute(insert(EventTable), [_row(event) for event in events])


async def _project(session: AsyncSession, event: Event) -> None:
    await PROJECTIONS[type(event.payload)](session, event, event.payload)
    await session.flush()


async def _advance_seq(session: AsyncSession, conversation_id: str, events: list[Event]) -> None:
    """Move `last_seq` in one statement, which also holds off a second writer of the same conversation."""
    first, last = events[0].seq, events[-1].seq
    if [event.seq for event in events] != list(range(first, last + 1)):
        raise ConflictError(f"the seqs {first}..{last} of conversation {conversation_id} are not consecutive")
    statement = (
        update(ConversationTable)
        .where(col(ConversationTable.id) == conversation_id, col(ConversationTable.last_seq) == first - 1)
        .values(last_seq=last)
        .returning(col(ConversationTable.id))
        .execution_options(synchronize_session=False)
    )
    if (await session.execute(statement)).first() is None:
        await _explain(session, conversation_id, first)


async def _explain(session: AsyncSession, conversation_id: str, first: int) -> None:
    row = await session.get(ConversationTable, conversation_id)
    if row is None:
        raise NotFoundError(f"conversation {conversation_id} was never started")
    raise ConflictError(f"conversation {conversation_id} is at seq {row.last_seq}: {first} does not follow on")


def _row(event: Event) -> dict[str, Any]:
    return {
        "conversation_id": event.conversation_id,
        "seq": event.seq,
        "type": event.payload.type,
        "at": event.at,
        "payload": event.payload.model_dump(mode="json"),
    }
