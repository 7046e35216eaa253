"""Projections of what was heard and written."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.masking import MASK_VERSION
from server.store.errors import ConflictError, InvalidError
from server.store.project import search
from server.store.project.lookup import conversation_row, leg_row
from server.store.tables.speech import GapTable, LegLanguageTable, LegRoleTable, LegTable, UtteranceTable
from server.wire.events import (
    Event,
    LegEnded,
    LegGap,
    LegLanguageChanged,
    LegRoleChanged,
    LegSilence,
    LegStarted,
    Utterance,
)


async def leg_started(session: AsyncSession, event: Event, payload: LegStarted) -> None:
    """A new leg; or a known one with a new role, which its history keeps. A conversation that had ended goes on."""
    conversation = await conversation_row(session, event)
    if conversation.wrapped_up_at is None:
        conversation.ended_at, conversation.status = None, "live"
    leg = await session.get(LegTable, (event.conversation_id, payload.leg))
    if leg is None:
        leg = _new_leg(event, payload)
        session.add(leg)
        await session.flush()
    elif leg.role == payload.role.value:
        return
    _note_role(session, event, leg, payload)


async def leg_role(session: AsyncSession, event: Event, payload: LegRoleChanged) -> None:
    """Somebody else's voice, or one that is known at last."""
    _note_role(session, event, await leg_row(session, event, payload.leg), payload)


def _note_role(session: AsyncSession, event: Event, leg: LegTable, payload: LegStarted | LegRoleChanged) -> None:
    leg.role = payload.role.value
    session.add(
        LegRoleTable(conversation_id=event.conversation_id, leg=payload.leg, role=payload.role.value, at=event.at)
    )


async def leg_language(session: AsyncSession, event: Event, payload: LegLanguageChanged) -> None:
    """Another language is spoken from a boundary on."""
    leg = await leg_row(session, event, payload.leg)
    leg.language = payload.language
    session.add(
        LegLanguageTable(
            conversation_id=event.conversation_id,
            leg=payload.leg,
            language=payload.language,
            start_sample=payload.start_sample,
            by=payload.by,
            at=event.at,
        )
    )


def _new_leg(event: Event, payload: LegStarted) -> LegTable:
    return LegTable(
        conversation_id=event.conversation_id,
        name=payload.leg,
        role=payload.role.value,
        language=payload.language,
        encoding=payload.encoding,
        sample_rate=payload.sample_rate,
        origin_offset=payload.offset,
        started_at=event.at,
    )


async def leg_gap(session: AsyncSession, event: Event, payload: LegGap) -> None:
    """Nobody heard this stretch."""
    await leg_row(session, event, payload.leg)
    session.add(
        GapTable(
            conversation_id=event.conversation_id,
            leg=payload.leg,
            start=payload.start,
            end=payload.end,
            missing=payload.missing,
            reason=payload.reason,
        )
    )


async def leg_silence(session: AsyncSession, event: Event, payload: LegSilence) -> None:
    """Decoding got this far without words."""
    await _advance(session, event, payload.leg, payload.start_sample, payload.end_sample)


async def leg_ended(session: AsyncSession, event: Event, payload: LegEnded) -> None:
    """The leg is this long."""
    leg = await leg_row(session, event, payload.leg)
    leg.samples = payload.samples
    leg.ended_at = event.at
    leg.end_reason = payload.reason


async def utterance(session: AsyncSession, event: Event, payload: Utterance) -> None:
    """Keep an utterance; one of speech takes decoding to the end of its tile."""
    if payload.leg is not None:
        if payload.start_sample is None or payload.end_sample is None:
            raise InvalidError("an utterance of a leg needs start_sample and end_sample")
        await _advance(session, event, payload.leg, payload.start_sample, payload.end_sample)
    session.add(
        UtteranceTable(
            id=payload.utterance_id,
            conversation_id=event.conversation_id,
            seq=event.seq,
            role=payload.role.value,
            leg=payload.leg,
            start_sample=payload.start_sample,
            end_sample=payload.end_sample,
            start=payload.start,
            end=payload.end,
            text=payload.text,
            words=[word.model_dump() for word in payload.words],
            message_id=payload.message_id,
            language=payload.language,
            sound=payload.sound,
            segment=payload.segment.value if payload.segment is not None else None,
            mask_version=MASK_VERSION,
        )
    )
    await session.flush()
    await search.index(session, [search.Said(payload.utterance_id, event.conversation_id, payload.text)])


async def _advance(session: AsyncSession, event: Event, name: str, start: int, end: int) -> None:
    leg = await leg_row(session, event, name)
    if start < leg.decoded_to or end <= start:
        raise ConflictError(
            f"tile {start}..{end} of event {event.seq} overlaps what was decoded up to {leg.decoded_to}, or is empty"
        )
    leg.decoded_to = end
