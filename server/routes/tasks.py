"""Outbound tasks, told by a campaign's system."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request

from server.live.conversations import queue_of
from server.masking import masked_facts
from server.services import Services, ServicesDep
from server.session.privacy import language_of
from server.store import KeyInfo, Scope
from server.store.queries.tasks import TaskRecord
from server.wire.tasks import TaskInfo, TaskRequest, TaskResult

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
ExternalId = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[\w.:@+-]+$")]


async def _machine(request: Request, services: ServicesDep) -> KeyInfo:
    return await services.doorkeeper.key(request, Scope.EVENTS)


Machine = Annotated[KeyInfo, Depends(_machine)]


@router.post("")
async def save(body: TaskRequest, key: Machine, services: ServicesDep) -> TaskInfo:
    """Make a task, or change the one of that external id. Calls that have begun keep what they began with."""
    facts = masked_facts(body.context, language_of(body.language or "zh"))
    told = body.model_copy(update={"context": facts})
    task = TaskRecord(script=tuple(body.script), **told.model_dump(exclude={"script"}))
    known = await services.store.tasks.get(key.tenant, body.external_id)
    for one in (task, known or task):
        await services.doorkeeper.check_queue(key, queue_of(None, one))
    await services.store.tasks.save(key.tenant, task)
    return await _info(services, key.tenant, body.external_id)


@router.get("/{external_id}")
async def get(external_id: ExternalId, key: Machine, services: ServicesDep) -> TaskInfo:
    """A task, its conversations and what came of it."""
    task = await services.store.tasks.get(key.tenant, external_id)
    if task is not None:
        await services.doorkeeper.check_queue(key, queue_of(None, task))
    return await _info(services, key.tenant, external_id)


async def _info(services: Services, tenant: str, external_id: str) -> TaskInfo:
    tasks = services.store.tasks
    task = await tasks.get(tenant, external_id)
    if task is None:
        raise HTTPException(404, "there is no such task")
    return TaskInfo(
        task=TaskRequest(
            external_id=task.external_id,
            campaign=task.campaign,
            stage=task.stage,
            script=list(task.script),
            customer=task.customer,
            agent=task.agent,
            language=task.language,
            queue=task.queue,
            product=task.product,
            context=task.context,
            due_at=task.due_at,
        ),
        status=task.status,
        conversations=await tasks.conversations(tenant, external_id),
        results=[
            TaskResult(result=one.result, at=one.at, conversation_id=one.conversation_id)
            for one in await tasks.results(tenant, external_id)
        ],
    )
