"""What the switch says about calls."""

from time import time
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from pydantic import ValidationError

from server.auth import Refusal
from server.live.conversation import LiveConversation, Step
from server.live.conversations import TENANT, queue_of
from server.services import Services, ServicesDep
from server.session import Output, Session
from server.store import ConflictError, KeyInfo, Scope
from server.store.queries.tasks import TaskRecord
from server.wire.base import ErrorCode
from server.wire.calls import CallEvent, CallEventTaken
from server.wire.events import CallEventType, Channel, Direction, SwitchEvent

router = APIRouter(prefix="/v1", tags=["calls"])
ExternalId = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[\w.:@+-]+$")]
_NEEDED = {
    CallEventType.LEG_ROLE: ("leg", "role"),
    CallEventType.LANGUAGE: ("language",),
    CallEventType.CONSENT: ("consent",),
    CallEventType.RESULT: ("code",),
    CallEventType.WRAP_UP: ("code",),
}
"""Fields without which an event says nothing."""
_YEAR_2000 = 946_684_800.0
_MILLISECONDS = 100_000_000_000.0
"""As seconds this is the year 5138, as milliseconds 1973."""
_CLOCKS_DIFFER = 3600.0


@router.post("/calls/{external_id}/events", openapi_extra={"requestBody": {"content": {"application/json": {}}}})
async def take_event(external_id: ExternalId, request: Request, services: ServicesDep) -> CallEventTaken:
    """Take one event of a call, in any order and as often as the switch likes to send it; see `server.wire.calls`."""
    body = await request.body()
    key = await services.doorkeeper.signed(request, body, Scope.EVENTS)
    try:
        told = CallEvent.model_validate_json(body)
    except ValidationError as error:
        # Not the names of unknown fields: those are the caller's own words.
        known = CallEvent.model_fields
        places = [(".".join(str(n) for n in e["loc"] if n in known), e["type"]) for e in error.errors()[:5]]
        where = "; ".join(f"{place}: {wrong}" for place, wrong in places)
        if any(place == "at" for place, _ in places):
            where += "; `at` is when it happened, in Unix seconds"
        raise HTTPException(422, f"not a call event ({where})") from error
    _check(services, told)
    task = await services.store.tasks.get(TENANT, told.task) if told.task is not None else None
    if task is not None:
        await services.doorkeeper.check_queue(key, queue_of(None, task))
    live, begun = await _conversation(services, external_id, told, task, key)
    if live is None:
        return await _take_task_result(services, external_id, told, key)
    if begun:
        return await _answer(services, live, told, task, is_new=True)
    return await _take(services, live, told, task)


def _check_time(at: float, now: float) -> None:
    """Refuse a time at which nothing can have happened."""
    if at >= _MILLISECONDS:
        raise Refusal(422, ErrorCode.INVALID, "`at` is seconds, not milliseconds")
    if at < _YEAR_2000:
        raise Refusal(422, ErrorCode.INVALID, "`at` lies before the year 2000; it is when it happened, in Unix seconds")
    if at > now + _CLOCKS_DIFFER:
        message = "`at` lies more than an hour in the future; it is when it happened, in Unix seconds"
        raise Refusal(422, ErrorCode.INVALID, message)


def _check(services: Services, told: CallEvent) -> None:
    """Refuse an event that lacks what it is about, or that cannot be."""
    _check_time(told.at, time())
    missing = [name for name in _NEEDED.get(told.type, ()) if getattr(told, name) is None]
    if missing:
        raise Refusal(422, ErrorCode.INVALID, f"a `{told.type}` event needs {' and '.join(missing)}")
    loaded = services.settings.asr_languages
    if told.language is not None and told.language not in loaded:
        raise Refusal(422, ErrorCode.UNSUPPORTED_LANGUAGE, f"no speech model is loaded for this language, but {loaded}")


async def _switched(services: Services, told: CallEvent, task: TaskRecord | None) -> Step:
    """The step that takes the event in."""
    agent = told.agent
    if agent is None and task is not None and told.type is CallEventType.ANSWERED:
        # Who is to call by the task; whoever the switch names counts more.
        agent = task.agent
    login = await services.store.resolve_agent(agent, at=told.at) if agent is not None else None

    def step(session: Session) -> list[Output]:
        event = SwitchEvent(
            event_id=told.event_id,
            what=told.type,
            when=told.at - session.state.started_at,
            agent=login,
            reported=told.agent,
            code=told.code,
            leg=told.leg,
            role=told.role,
            language=told.language if told.type is CallEventType.LANGUAGE else None,
            consent=told.consent,
            customer=told.customer,
        )
        return session.switch_event(event, time())

    return step


async def _take(services: Services, live: LiveConversation, told: CallEvent, task: TaskRecord | None) -> CallEventTaken:
    step = await _switched(services, told, task)
    return await _answer(services, live, told, task, is_new=bool(await live.do(step)))


async def _answer(
    services: Services, live: LiveConversation, told: CallEvent, task: TaskRecord | None, *, is_new: bool
) -> CallEventTaken:
    product = told.product if is_new or live.session.state.product is None else None
    await services.conversations.bind_late(live, None, product, task, "switch")
    bound = live.session.state.task
    is_bound = task is not None and bound is not None and bound.task_id == task.external_id
    return CallEventTaken(
        conversation_id=live.conversation_id,
        repeated=not is_new,
        task_bound=is_bound if told.task is not None else None,
    )


async def _conversation(
    services: Services, external_id: str, told: CallEvent, task: TaskRecord | None, key: KeyInfo
) -> tuple[LiveConversation | None, bool]:
    """The call, and whether it has begun with this event just now; None for the result of what never began.

    Raises Denied where the key is not for its queue.
    """
    begun = False
    live = await services.conversations.find(external_id)
    if live is None and told.type is CallEventType.RESULT:
        return None, False
    if live is None and told.type is CallEventType.WRAP_UP:
        raise HTTPException(404, "there is no such call")
    if live is None:
        await services.doorkeeper.check_queue(key, queue_of(_queue(told), task))
        live, begun = await _begin(services, external_id, told, task)
    if live is not None:
        await services.doorkeeper.check_queue(key, live.queue)
    if live is None or live.session.state.started is None or live.session.state.started.channel is not Channel.CALL:
        raise HTTPException(409, "this external id belongs to a chat")
    return live, begun


async def _begin(
    services: Services, external_id: str, told: CallEvent, task: TaskRecord | None
) -> tuple[LiveConversation | None, bool]:
    """In one step, so that nobody sees the call before it is known at whom it rings."""
    given = told.model_fields_set
    step = await _switched(services, told, task)
    try:
        live = await services.conversations.open(
            channel=Channel.CALL,
            external_id=external_id,
            language=told.language,
            queue=_queue(told),
            direction=told.direction if task is None or "direction" in given else Direction.OUTBOUND,
            customer=told.customer,
            product=told.product,
            task=task,
            then=step,
        )
    except ConflictError:  # the audio, or another event, was faster
        return await services.conversations.find(external_id), False
    return live, True


def _queue(told: CallEvent) -> str | None:
    return told.queue if "queue" in told.model_fields_set else None


async def _take_task_result(services: Services, external_id: str, told: CallEvent, key: KeyInfo) -> CallEventTaken:
    """What came of a task, told by the task's external id: kept with its last conversation, if it has one."""
    tasks = services.store.tasks
    task = await tasks.get(TENANT, external_id)
    if task is None or told.code is None:
        raise HTTPException(404, "there is no such call and no such task")
    await services.doorkeeper.check_queue(key, queue_of(None, task))
    if await tasks.knows_result(TENANT, external_id, told.event_id):
        return CallEventTaken(conversation_id=None, repeated=True)
    for conversation_id in await tasks.conversations(TENANT, external_id):
        live = await services.conversations.get(conversation_id)
        if live is not None:
            return await _take(services, live, told, None)
    await tasks.add_result(TENANT, external_id, told.event_id, told.code, told.at)
    return CallEventTaken(conversation_id=None, repeated=False)
