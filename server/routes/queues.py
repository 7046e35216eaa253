"""Queues and what each allows, for admins. Every change is audited."""

from dataclasses import replace

from fastapi import APIRouter

from server.routes.people import Admin
from server.services import ServicesDep
from server.store import QueuePolicy
from server.wire.listen import Name
from server.wire.queues import QueueRow, SaveQueueRequest

router = APIRouter(prefix="/v1/admin/queues", tags=["admin"])


@router.get("")
async def queues(admin: Admin, services: ServicesDep) -> list[QueueRow]:
    """Every queue with rules of its own, by name."""
    return [_row(policy) for policy in await services.store.queues(admin.tenant)]


@router.put("/{queue}")
async def save(queue: Name, admin: Admin, body: SaveQueueRequest, services: ServicesDep) -> QueueRow:
    """Make or change a queue; holds for conversations that begin later."""
    changes = body.model_dump(exclude_none=True)
    policy = replace(await services.store.queue_policy(queue, admin.tenant), **changes)
    await services.store.save_queue(policy)
    subject, detail = ("queue", queue), {"changed": sorted(changes)}
    await services.store.append_audit(admin.login, "queue.set", subject, detail, admin.tenant)
    return _row(policy)


def _row(policy: QueuePolicy) -> QueueRow:
    return QueueRow(
        queue=policy.queue,
        team=policy.team,
        language=policy.language,
        text_out_on_call=policy.text_out_on_call,
        chat_action=policy.chat_action,
        recording_policy=policy.recording_policy,
        retention_class=policy.retention_class,
        webhook=policy.webhook_url is not None,
    )
