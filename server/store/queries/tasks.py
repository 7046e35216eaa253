"""Outbound tasks and what came of them."""

import time
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.database import Database
from server.store.errors import InvalidError
from server.store.project.task import DONE, task_row
from server.store.tables.conversations import BusinessResultTable, ConversationTable
from server.store.tables.organisation import CampaignTable, TaskTable
from server.wire.events import TaskBound

KIND = "call"


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One thing to do with one customer. `stage` is where they were lost, `script` names articles, best first."""

    external_id: str
    campaign: str | None = None
    stage: str | None = None
    script: tuple[str, ...] = ()
    customer: str | None = None
    agent: str | None = None
    language: str | None = None
    queue: str | None = None
    product: str | None = None
    context: dict[str, str] = field(default_factory=dict)
    due_at: float | None = None
    status: str = "open"

    def bound(self, by: str) -> TaskBound:
        """The event that binds a conversation to it."""
        return TaskBound(
            task_id=self.external_id,
            campaign=self.campaign,
            stage=self.stage,
            script=list(self.script),
            context=self.context,
            by=by,
        )


NO_TASK = TaskRecord("")


@dataclass(frozen=True, slots=True)
class ResultRecord:
    """What came of a task or of a conversation, and when, in Unix seconds."""

    result: str
    at: float
    conversation_id: str | None


class Tasks:
    """The tasks of a database. Every method may raise `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, tenant: str, task: TaskRecord) -> None:
        """Make or change the task of that external id; its status stays. Raises `InvalidError`."""
        await self._database.write(lambda session: _save(session, tenant, task))

    async def get(self, tenant: str, external_id: str) -> TaskRecord | None:
        """The task that another system names so."""
        async with self._database.read() as session:
            row = await task_row(session, tenant, external_id)
            return await _record(session, row) if row is not None else None

    async def conversations(self, tenant: str, external_id: str) -> list[str]:
        """Ids of the conversations that the task caused, the latest first."""
        async with self._database.read() as session:
            row = await task_row(session, tenant, external_id)
            if row is None:
                return []
            found = select(col(ConversationTable.id)).where(col(ConversationTable.task_id) == row.id)
            return list((await session.execute(found.order_by(col(ConversationTable.started_at).desc()))).scalars())

    async def results(self, tenant: str, external_id: str) -> list[ResultRecord]:
        """What came of the task, by its own external id or by those of its conversations, oldest first."""
        ids = await self.conversations(tenant, external_id)
        row = BusinessResultTable
        found = (
            select(row)
            .where(
                col(row.tenant) == tenant, or_(col(row.external_id) == external_id, col(row.conversation_id).in_(ids))
            )
            .order_by(col(row.at), col(row.id))
        )
        async with self._database.read() as session:
            rows = (await session.execute(found)).scalars()
            return [ResultRecord(one.result, one.at, one.conversation_id) for one in rows]

    async def knows_result(self, tenant: str, external_id: str, event_id: str) -> bool:
        """Whether that event told what came of the task, before it had a conversation."""
        async with self._database.read() as session:
            return await _knows_result(session, tenant, _key(external_id, event_id))

    async def add_result(self, tenant: str, external_id: str, event_id: str, result: str, at: float) -> None:
        """Keep what came of a task without a conversation; once. Raises `InvalidError` where there is no task."""
        await self._database.write(lambda session: _add_result(session, tenant, external_id, event_id, result, at))


async def _save(session: AsyncSession, tenant: str, task: TaskRecord) -> None:
    if not task.external_id:
        raise InvalidError("a task needs an external id")
    row = await task_row(session, tenant, task.external_id)
    if row is None:
        row = TaskTable(tenant=tenant, kind=KIND, external_id=task.external_id, created_at=time.time())
    row.campaign_id = await _campaign(session, tenant, task.campaign)
    row.stage, row.script = task.stage, list(task.script)
    row.customer_ref, row.agent = task.customer, task.agent
    row.language = task.language or row.language
    row.queue, row.product = task.queue, task.product
    row.context, row.due_at = dict(task.context), task.due_at
    session.add(row)


async def _campaign(session: AsyncSession, tenant: str, name: str | None) -> str | None:
    """The id of a campaign, made if nobody has named it before."""
    if name is None:
        return None
    named = select(CampaignTable).where(col(CampaignTable.tenant) == tenant, col(CampaignTable.name) == name)
    row = (await session.execute(named)).scalar_one_or_none()
    if row is None:
        row = CampaignTable(tenant=tenant, name=name)
        session.add(row)
        await session.flush()
    return row.id


async def _record(session: AsyncSession, row: TaskTable) -> TaskRecord:
    campaign = await session.get(CampaignTable, row.campaign_id) if row.campaign_id is not None else None
    return TaskRecord(
        external_id=row.external_id or "",
        campaign=campaign.name if campaign is not None else None,
        stage=row.stage,
        script=tuple(row.script),
        customer=row.customer_ref,
        agent=row.agent,
        language=row.language,
        queue=row.queue,
        product=row.product,
        context={str(key): str(value) for key, value in row.context.items()},
        due_at=row.due_at,
        status=row.status,
    )


def _key(external_id: str, event_id: str) -> str:
    return f"task:{external_id}:{event_id}"


async def _knows_result(session: AsyncSession, tenant: str, key: str) -> bool:
    known = select(col(BusinessResultTable.id)).where(
        col(BusinessResultTable.tenant) == tenant, col(BusinessResultTable.idempotency_key) == key
    )
    return (await session.execute(known)).first() is not None


async def _add_result(
    session: AsyncSession, tenant: str, external_id: str, event_id: str, result: str, at: float
) -> None:
    task = await task_row(session, tenant, external_id)
    if task is None:
        raise InvalidError("there is no such task")
    key = _key(external_id, event_id)
    if await _knows_result(session, tenant, key):
        return
    session.add(
        BusinessResultTable(
            tenant=tenant,
            external_id=external_id,
            idempotency_key=key,
            result=result,
            at=at,
            received_at=time.time(),
            payload={"event_id": event_id, "code": result},
        )
    )
    task.status = DONE
