"""Retention: rules, products, and what is due to be deleted."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import InvalidError, NotFoundError
from server.store.queries.holds import CONVERSATION, CUSTOMER
from server.store.records import NOT_KEPT
from server.store.tables.conversations import ConversationTable, EventTable
from server.store.tables.keeping import DeletionReceiptTable, LegalHoldTable, ProductTable, RetentionRuleTable
from server.store.tables.organisation import QueueTable
from server.store.tables.speech import RecordingTable
from server.store.tables.suggestions import SampleTable

DAY = 86_400.0
ABANDONED = DAY
"""Seconds without any event after which a conversation that nobody ended counts as over."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How many days each part of a conversation of a class is kept after its end; None: until somebody deletes it."""

    retention_class: str
    audio_days: float | None = None
    text_days: float | None = None
    sample_days: float | None = None
    tenant: str = "default"


@dataclass(frozen=True, slots=True)
class ClassUse:
    """What a retention class holds, and who uses it. `rule` None: nobody made one, so all of it is kept."""

    retention_class: str
    rule: Rule | None
    conversations: int
    queues: list[str]
    products: list[str]


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation whose time has come."""

    conversation_id: str
    over_at: float


async def rules(session: AsyncSession, tenant: str | None = None) -> list[Rule]:
    """The rules by class; of every tenant when none is named."""
    found = select(RetentionRuleTable).order_by(col(RetentionRuleTable.retention_class))
    if tenant is not None:
        found = found.where(col(RetentionRuleTable.tenant) == tenant)
    return [Rule(**row.model_dump()) for row in (await session.execute(found)).scalars()]


async def classes(session: AsyncSession, tenant: str) -> list[ClassUse]:
    """Every class that has a rule or is used, by name."""
    known = {rule.retention_class: rule for rule in await rules(session, tenant)}
    queues = await _users(session, QueueTable, tenant)
    products = await _users(session, ProductTable, tenant)
    count = (
        select(col(ConversationTable.retention_class), func.count())
        .where(col(ConversationTable.tenant) == tenant)
        .group_by(col(ConversationTable.retention_class))
    )
    counted = {row[0]: row[1] for row in (await session.execute(count)).all()}
    return [
        ClassUse(name, known.get(name), counted.get(name, 0), queues.get(name, []), products.get(name, []))
        for name in sorted({*known, *counted, *queues, *products})
    ]


async def _users(
    session: AsyncSession, table: type[QueueTable] | type[ProductTable], tenant: str
) -> dict[str, list[str]]:
    found = select(col(table.retention_class), col(table.name)).where(col(table.tenant) == tenant)
    users: dict[str, list[str]] = {}
    for retention_class, name in (await session.execute(found.order_by(col(table.name)))).all():
        users.setdefault(retention_class, []).append(name)
    return users


async def set_rule(session: AsyncSession, rule: Rule) -> None:
    """Make or change a rule. Raises `InvalidError`."""
    if not rule.retention_class:
        raise InvalidError("name the retention class")
    days = (rule.audio_days, rule.text_days, rule.sample_days)
    if any(number is not None and not 0 <= number <= 36_500 for number in days):
        raise InvalidError("a retention rule counts in days, from 0 to 36500; leave a number out to keep for ever")
    await session.merge(
        RetentionRuleTable(
            tenant=rule.tenant,
            retention_class=rule.retention_class,
            audio_days=rule.audio_days,
            text_days=rule.text_days,
            sample_days=rule.sample_days,
        )
    )


async def set_product(session: AsyncSession, tenant: str, name: str, retention_class: str | None) -> None:
    """Keep a product's conversations by a class of its own; None: by that of their queue again.

    Raises `InvalidError` for a class without a rule, `NotFoundError` for an unknown product to take away.
    """
    if retention_class is None:
        row = await session.get(ProductTable, (tenant, name))
        if row is None:
            raise NotFoundError(f"no product {name} has a retention class of its own")
        await session.delete(row)
        return
    if await session.get(RetentionRuleTable, (tenant, retention_class)) is None:
        raise InvalidError(f"there is no rule for the retention class {retention_class}: make it first")
    await session.merge(ProductTable(tenant=tenant, name=name, retention_class=retention_class))


async def due_texts(session: AsyncSession, rule: Rule, now: float, after: Due | None, limit: int) -> list[Due]:
    """Conversations to delete as a whole under a rule, the longest over first; none that is held."""
    if rule.text_days is None:
        return []
    over = func.coalesce(col(ConversationTable.ended_at), _last_event())
    found = (
        select(col(ConversationTable.id), over)
        .where(_of_class(rule), _over_before(now - rule.text_days * DAY, now), ~held())
        .order_by(over, col(ConversationTable.id))
    )
    return await _due(session, found, over, after, limit)


async def due_audio(session: AsyncSession, rule: Rule, now: float, after: Due | None, limit: int) -> list[Due]:
    """Conversations whose recordings are to be deleted under a rule, the longest over first; none that is held."""
    if rule.audio_days is None:
        return []
    over = func.coalesce(col(ConversationTable.ended_at), _last_event())
    recorded = exists().where(
        col(RecordingTable.conversation_id) == col(ConversationTable.id),
        col(RecordingTable.retention_class) == rule.retention_class,
        col(RecordingTable.deleted_at).is_(None),
        col(RecordingTable.codec) != NOT_KEPT,
    )
    found = (
        select(col(ConversationTable.id), over)
        .where(
            col(ConversationTable.tenant) == rule.tenant,
            recorded,
            _over_before(now - rule.audio_days * DAY, now),
            ~held(),
        )
        .order_by(over, col(ConversationTable.id))
    )
    return await _due(session, found, over, after, limit)


async def _due(
    session: AsyncSession, found: Select[str, float], over: ColumnElement[Any], after: Due | None, limit: int
) -> list[Due]:
    if after is not None:
        later = and_(over == after.over_at, col(ConversationTable.id) > after.conversation_id)
        found = found.where(or_(over > after.over_at, later))
    return [Due(name, at) for name, at in (await session.execute(found.limit(limit))).all()]


async def due_samples(session: AsyncSession, rule: Rule, now: float, limit: int) -> list[str]:
    """Ids of samples to delete under a rule; none of a conversation or a customer that is held."""
    if rule.sample_days is None:
        return []
    found = select(col(SampleTable.id)).where(
        col(SampleTable.tenant) == rule.tenant,
        col(SampleTable.retention_class) == rule.retention_class,
        col(SampleTable.created_at) < now - rule.sample_days * DAY,
        ~_sample_held(),
    )
    return list((await session.execute(found.limit(limit))).scalars())


def held() -> ColumnElement[bool]:
    """Whether a legal hold lies on the conversation, or on its customer."""
    return exists().where(
        col(LegalHoldTable.tenant) == col(ConversationTable.tenant),
        col(LegalHoldTable.released_at).is_(None),
        or_(
            and_(
                col(LegalHoldTable.subject_type) == CONVERSATION,
                col(LegalHoldTable.subject_id) == col(ConversationTable.id),
            ),
            and_(
                col(LegalHoldTable.subject_type) == CUSTOMER,
                col(LegalHoldTable.subject_id) == col(ConversationTable.customer_ref),
            ),
        ),
    )


def _sample_held() -> ColumnElement[bool]:
    """A sample outlives its conversation: then the receipt of that deletion knows the customer's mark."""
    conversation = exists().where(col(ConversationTable.id) == col(SampleTable.conversation_id), held())
    directly = exists().where(
        col(LegalHoldTable.subject_type) == CONVERSATION,
        col(LegalHoldTable.subject_id) == col(SampleTable.conversation_id),
        col(LegalHoldTable.released_at).is_(None),
    )
    gone = exists().where(
        col(DeletionReceiptTable.subject_id) == col(SampleTable.conversation_id),
        col(DeletionReceiptTable.customer_mark) == col(LegalHoldTable.customer_mark),
        col(LegalHoldTable.released_at).is_(None),
    )
    return or_(conversation, directly, gone)


def _of_class(rule: Rule) -> ColumnElement[bool]:
    return and_(
        col(ConversationTable.tenant) == rule.tenant,
        col(ConversationTable.retention_class) == rule.retention_class,
    )


def _last_event() -> ColumnElement[float]:
    here = col(EventTable.conversation_id) == col(ConversationTable.id)
    return select(func.max(col(EventTable.at))).where(here).scalar_subquery()


def _over_before(cutoff: float, now: float) -> ColumnElement[bool]:
    """Ended before the cutoff; or never ended, and nothing has happened for long."""
    silent = and_(
        col(ConversationTable.ended_at).is_(None),
        col(ConversationTable.started_at) < min(cutoff, now - ABANDONED),
        _last_event() < min(cutoff, now - ABANDONED),
    )
    return or_(col(ConversationTable.ended_at) < cutoff, silent)
