"""The trainer's side of the store: the queue of samples, decisions about them, what comes out of it."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.database import Database
from server.store.errors import ConflictError, InvalidError
from server.store.queries import sample_context, samples
from server.store.queries.samples import SampleFilter
from server.store.records import Reach
from server.store.tables.suggestions import SampleTable
from server.wire.training import Decision, DecisionRequest, SampleCard, SamplePage, SampleRow, SampleState, SampleTurn

CHANGED = ("state", "label", "article_id", "article_version", "labelled_by", "labelled_at", "skipped_at")
"""What a decision changes, and undoing it brings back."""
BY, FOR = "decided_by", "decided_for"
"""Beside it: who decided, and which of the samples that say the same they looked at."""
CHUNK = 500


class Labelling:
    """Samples as people label them. Everything is narrowed by the `Reach` of whoever asks. Times are Unix seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, reach: Reach, wanted: SampleFilter, offset: int, limit: int, by: str = "", since: float = 0.0
    ) -> SamplePage:
        """The most telling samples first; `done` counts the decisions of `by` since then."""
        async with self._database.read() as session:
            return await samples.page(session, reach, wanted, offset, limit, by, since)

    async def row(self, reach: Reach, sample_id: str) -> SampleRow:
        """One sample. Raises `NotFoundError`."""
        async with self._database.read() as session:
            return await _row(session, reach, await samples.get(session, reach, sample_id))

    async def context(self, reach: Reach, sample_id: str) -> tuple[str | None, list[SampleTurn], list[SampleCard]]:
        """The sample's conversation, the turns beside it, its cards. Raises `NotFoundError`."""
        async with self._database.read() as session:
            sample = await samples.get(session, reach, sample_id)
            turns = await sample_context.turns(session, sample)
            return sample.conversation_id, turns, await sample_context.cards(session, sample)

    async def decide(self, reach: Reach, sample_id: str, request: DecisionRequest, by: str, at: float) -> SampleRow:
        """Carry out a decision, for every sample that says the same; the same action again changes nothing.

        Raises `NotFoundError`, `ConflictError` (somebody was there first), `InvalidError` (no intent is named).
        """
        return await self._database.write(lambda session: _decide(session, reach, sample_id, request, by, at))

    async def undo(self, reach: Reach, sample_id: str, action_id: str, by: str) -> SampleRow:
        """Take a decision of `by` back; nothing if no decision stands. Raises `NotFoundError`, `ConflictError`."""
        return await self._database.write(lambda session: _undo(session, reach, sample_id, action_id, by))

    async def labels(self, reach: Reach, language: str | None = None) -> dict[str, int]:
        """How many different texts are labelled with each intent."""
        async with self._database.read() as session:
            return await samples.labels(session, reach, language)

    async def training_rows(self, reach: Reach, language: str, *, oos: bool = False) -> AsyncIterator[dict[str, str]]:
        """What `tici train` takes: `{"text", "intent"}`, or `{"text"}` of texts out of scope; each text once."""
        async with self._database.read() as session:
            found = await session.stream(
                samples.training_rows(reach, language, oos=oos).execution_options(yield_per=CHUNK)
            )
            async for text, label in found:
                yield {"text": text} if oos else {"text": text, "intent": label}


async def _row(session: AsyncSession, reach: Reach, sample: SampleTable) -> SampleRow:
    return samples.row_of(sample, await samples.times_said(session, reach, sample))


async def _decide(
    session: AsyncSession, reach: Reach, sample_id: str, request: DecisionRequest, by: str, at: float
) -> SampleRow:
    sample = await samples.get(session, reach, sample_id, lock=True)
    if sample.decision_id == request.action_id and sample.before.get(FOR) == sample_id:
        return await _row(session, reach, sample)
    used = select(col(SampleTable.id)).where(
        col(SampleTable.tenant) == sample.tenant, col(SampleTable.decision_id) == request.action_id
    )
    if (await session.execute(used.limit(1))).first() is not None:
        raise ConflictError("this action_id decided about another sample: every decision needs one of its own")
    if sample.revision != request.revision:
        raise ConflictError(f"the sample was changed by {sample.labelled_by or 'an agent'} meanwhile; load it again")
    changes = _changes(sample, request, by, at)
    same = (await session.execute(select(SampleTable).where(*samples.alike(reach, sample)))).scalars().all()
    for one in same:
        one.before = {name: getattr(one, name) for name in CHANGED} | {BY: by, FOR: sample_id}
        _apply(one, changes, request.action_id)
    await session.flush()
    return await _row(session, reach, sample)


def _changes(sample: SampleTable, request: DecisionRequest, by: str, at: float) -> dict[str, Any]:
    """The columns that a decision sets. Raises `InvalidError`."""
    if request.decision is Decision.SKIP:
        return {"skipped_at": at}
    decided = {"labelled_by": by, "labelled_at": at, "skipped_at": None}
    if request.decision is Decision.OUT_OF_SCOPE:
        return {**decided, "state": SampleState.OUT_OF_SCOPE.value, "label": None}
    if request.decision is Decision.DISCARD:
        return {**decided, "state": SampleState.DISCARDED.value, "label": None}
    confirms = request.decision is Decision.CONFIRM
    intent = request.intent or ((sample.label or sample.guess) if confirms else None)
    if intent is None:
        raise InvalidError("name the intent: there is no guess to confirm")
    changes = {**decided, "state": SampleState.LABELLED.value, "label": intent}
    if request.article_id is not None and request.article_id != sample.article_id:
        changes |= {"article_id": request.article_id, "article_version": None}
    return changes


async def _undo(session: AsyncSession, reach: Reach, sample_id: str, action_id: str, by: str) -> SampleRow:
    sample = await samples.get(session, reach, sample_id, lock=True)
    if sample.decision_id is None:
        return await _row(session, reach, sample)
    if sample.decision_id != action_id:
        raise ConflictError(f"the sample was changed by {sample.labelled_by or 'somebody'} meanwhile; load it again")
    if sample.before.get(FOR) != sample_id:
        raise ConflictError("that decision was about another sample: take it back there")
    if sample.before.get(BY) != by:
        raise ConflictError("somebody else decided this: decide anew, or ask them to take it back")
    mine = select(SampleTable).where(*samples.within(reach), col(SampleTable.decision_id) == action_id)
    for one in (await session.execute(mine)).scalars().all():
        _apply(one, {name: one.before[name] for name in CHANGED}, None)
        one.before = {}
    await session.flush()
    return await _row(session, reach, sample)


def _apply(sample: SampleTable, changes: dict[str, Any], decision_id: str | None) -> None:
    for name, value in changes.items():
        setattr(sample, name, value)
    sample.decision_id = decision_id
    sample.revision += 1
