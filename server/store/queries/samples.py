"""Samples: the trainer's queue, what surrounds a sample, and what a model is trained on."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from server.store.errors import NotFoundError
from server.store.records import Reach, SampleRecord
from server.store.tables.suggestions import SampleTable
from server.wire.events import Consent
from server.wire.training import SamplePage, SampleReason, SampleRow, SampleState

FIRST = ("corrected", "not_right", "uncertain", "edited", "dismissed")
"""Reasons, the most telling first."""


@dataclass(frozen=True, slots=True)
class SampleFilter:
    """Which samples to list; None does not narrow."""

    state: SampleState = SampleState.TO_LABEL
    reason: SampleReason | None = None
    language: str | None = None
    intent: str | None = None
    query: str = ""


async def listing(session: AsyncSession, tenant: str, state: str | None) -> list[SampleRecord]:
    """Samples, oldest first."""
    found = select(SampleTable).where(col(SampleTable.tenant) == tenant)
    if state is not None:
        found = found.where(col(SampleTable.state) == state)
    rows = (await session.execute(found.order_by(col(SampleTable.created_at), col(SampleTable.id)))).scalars()
    return [_record(row) for row in rows]


async def page(
    session: AsyncSession, reach: Reach, wanted: SampleFilter, offset: int, limit: int, by: str, since: float
) -> SamplePage:
    """Texts that say the same are one row. `done` counts what `by` decided since then."""
    reasons = await _reasons(session, reach, wanted)
    total = sum(reasons.values()) if wanted.reason is None else reasons.get(wanted.reason.value, 0)
    heads = _heads(reach, wanted)
    sample = aliased(SampleTable, heads)
    first = select(sample, heads.c.times).where(heads.c.place == 1)
    if wanted.reason is not None:
        first = first.where(heads.c.reason == wanted.reason.value)
    found = first.order_by(*_order(wanted.state, sample)).offset(offset).limit(limit)
    rows = [row_of(item, times) for item, times in (await session.execute(found)).all()]
    anything = select(col(SampleTable.id)).where(*within(reach)).limit(1)
    ever = bool(rows) or (await session.execute(anything)).first() is not None
    return SamplePage(rows=rows, total=total, reasons=reasons, done=await _done(session, reach, by, since), ever=ever)


def _heads(reach: Reach, wanted: SampleFilter) -> Any:
    """Every sample with its place among those that say the same, and how often that was said."""
    same = (col(SampleTable.text_key), col(SampleTable.language))
    place = func.row_number().over(partition_by=same, order_by=_order(wanted.state, SampleTable))
    times = func.sum(col(SampleTable.seen)).over(partition_by=same)
    where = [*within(reach), col(SampleTable.state) == wanted.state.value, *_narrowed(wanted)]
    return select(SampleTable, place.label("place"), times.label("times")).where(*where).subquery()


def _narrowed(wanted: SampleFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.language is not None:
        found.append(col(SampleTable.language) == wanted.language)
    if wanted.intent is not None:
        found.append(func.coalesce(col(SampleTable.label), col(SampleTable.guess)) == wanted.intent)
    if wanted.query.strip():
        found.append(col(SampleTable.text).icontains(wanted.query.strip(), autoescape=True))
    return found


def _order(state: SampleState, sample: Any) -> list[ColumnElement[Any]]:
    """What teaches most first, what was skipped last; of decided ones the latest first."""
    newest = [sample.created_at.desc(), sample.id]
    if state is not SampleState.TO_LABEL:
        return [func.coalesce(sample.labelled_at, sample.created_at).desc(), *newest]
    rank = case({reason: place for place, reason in enumerate(FIRST)}, value=sample.reason, else_=len(FIRST))
    nothing = literal(0.0, Float)
    away = func.abs(func.coalesce(sample.confidence, nothing) - func.coalesce(sample.threshold, literal(1.0, Float)))
    near = case((sample.reason == SampleReason.UNCERTAIN.value, away), else_=nothing)
    return [func.coalesce(sample.skipped_at, nothing), rank, near, *newest]


async def _reasons(session: AsyncSession, reach: Reach, wanted: SampleFilter) -> dict[str, int]:
    heads = _heads(reach, wanted)
    found = select(heads.c.reason, func.count()).where(heads.c.place == 1).group_by(heads.c.reason)
    return {str(reason): int(count) for reason, count in (await session.execute(found)).all()}


async def _done(session: AsyncSession, reach: Reach, by: str, since: float) -> int:
    found = select(func.count(col(SampleTable.decision_id).distinct())).where(
        *within(reach),
        col(SampleTable.labelled_by) == by,
        col(SampleTable.labelled_at) >= since,
        col(SampleTable.state) != SampleState.TO_LABEL.value,
    )
    return int((await session.execute(found)).scalar_one())


async def get(session: AsyncSession, reach: Reach, sample_id: str, *, lock: bool = False) -> SampleTable:
    """One sample within reach. Raises `NotFoundError`."""
    found = select(SampleTable).where(col(SampleTable.id) == sample_id, *within(reach))
    row = (await session.execute(found.with_for_update() if lock else found)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("there is no such sample, or it was deleted")
    return row


async def times_said(session: AsyncSession, reach: Reach, row: SampleTable) -> int:
    """How often what a sample says was said, by the samples that share its state."""
    found = select(func.sum(col(SampleTable.seen))).where(*alike(reach, row))
    return int((await session.execute(found)).scalar_one() or 1)


def alike(reach: Reach, row: SampleTable) -> list[ColumnElement[bool]]:
    """Samples that say the same as `row` and stand where it stands."""
    label = col(SampleTable.label)
    return [
        *within(reach),
        col(SampleTable.text_key) == row.text_key,
        col(SampleTable.language) == row.language,
        col(SampleTable.state) == row.state,
        label.is_(None) if row.label is None else label == row.label,
    ]


def within(reach: Reach) -> list[ColumnElement[bool]]:
    """Samples that a person may see; none under a refused consent."""
    where = [col(SampleTable.tenant) == reach.tenant, col(SampleTable.consent) != Consent.REFUSED.value]
    if reach.team is not None:
        where.append(col(SampleTable.team) == reach.team)
    if reach.queues is not None:
        where.append(col(SampleTable.queue).in_(reach.queues))
    return where


async def labels(session: AsyncSession, reach: Reach, language: str | None) -> dict[str, int]:
    """How many different texts are labelled with each intent."""
    known = _deciding(reach, language)
    found = select(known.c.label, func.count()).where(known.c.place == 1, known.c.label.is_not(None))
    return {str(label): int(count) for label, count in (await session.execute(found.group_by(known.c.label))).all()}


def training_rows(reach: Reach, language: str, *, oos: bool) -> Select[Any]:
    """Texts and labels to train on, each text once; what a person decided outweighs what an agent's click said."""
    known = _deciding(reach, language)
    state = SampleState.OUT_OF_SCOPE if oos else SampleState.LABELLED
    return (
        select(known.c.text, known.c.label).where(known.c.place == 1, known.c.state == state.value).order_by(known.c.id)
    )


def _deciding(reach: Reach, language: str | None) -> Any:
    decided = case((col(SampleTable.decision_id).is_(None), 1), else_=0)
    place = func.row_number().over(
        partition_by=(col(SampleTable.text_key), col(SampleTable.language)),
        order_by=(decided, func.coalesce(col(SampleTable.labelled_at), 0.0).desc(), col(SampleTable.id)),
    )
    where = [*within(reach), or_(_labelled(), col(SampleTable.state) == SampleState.OUT_OF_SCOPE.value)]
    if language is not None:
        where.append(col(SampleTable.language) == language)
    return select(SampleTable, place.label("place")).where(*where).subquery()


def _labelled() -> ColumnElement[bool]:
    return and_(col(SampleTable.state) == SampleState.LABELLED.value, col(SampleTable.label).is_not(None))


def row_of(row: SampleTable, times: int) -> SampleRow:
    """A sample as a trainer sees it."""
    return SampleRow(
        sample_id=row.id,
        revision=row.revision,
        state=SampleState(row.state),
        reason=SampleReason(row.reason),
        text=row.text,
        language=row.language,
        guess=row.guess,
        confidence=row.confidence,
        threshold=row.threshold,
        label=row.label,
        article_id=row.article_id,
        count=max(1, times),
        created_at=row.created_at,
        labelled_by=row.labelled_by,
        labelled_at=row.labelled_at,
    )


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
