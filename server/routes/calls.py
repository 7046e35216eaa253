"""What the switch says about calls, and the calls that nobody could be matched to."""

from time import time
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import ValidationError

from server.ids import new_id
from server.live.conversation import LiveConversation
from server.routes.people import Person
from server.routes.summaries import summary
from server.services import Services, ServicesDep
from server.store import ConflictError, Scope
from server.wire.calls import CallEvent, CallEventTaken
from server.wire.events import CallEventType, Channel, SwitchEvent
from server.wire.panel import ConversationSummary

router = APIRouter(prefix="/v1", tags=["calls"])
ExternalId = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[\w.:@+-]+$")]


@router.post("/calls/{external_id}/events", openapi_extra={"requestBody": {"content": {"application/json": {}}}})
async def take_event(
    external_id: ExternalId, request: Request, response: Response, services: ServicesDep
) -> CallEventTaken:
    """Take one event of a call, in any order and as often as the switch likes to send it; see `server.wire.calls`."""
    body = await request.body()
    await services.doorkeeper.signed(request, body, Scope.EVENTS)
    try:
        told = CallEvent.model_validate_json(body)
    except ValidationError as error:
        where = "; ".join(".".join(map(str, e["loc"])) + ": " + e["type"] for e in error.errors()[:5])
        raise HTTPException(422, f"not a call event ({where})") from error
    live = await _conversation(services, external_id, told)
    event = SwitchEvent(
        event_id=told.event_id,
        what=told.type,
        when=told.at - live.session.state.started_at,
        agent=await services.store.resolve_agent(told.agent, at=told.at) if told.agent is not None else None,
        reported=told.agent,
        code=told.code,
    )
    outputs = await live.do(lambda session: session.switch_event(event, time()))
    if told.customer is not None:
        customer = told.customer
        await live.do(lambda session: session.bind_customer(customer, "switch", time()))
    return CallEventTaken(conversation_id=live.conversation_id, repeated=not outputs)


async def _conversation(services: Services, external_id: str, told: CallEvent) -> LiveConversation:
    """The call, which begins with this event if nobody knows it yet."""
    live = await services.conversations.find(external_id)
    if live is None and told.type in (CallEventType.RESULT, CallEventType.WRAP_UP):
        raise HTTPException(404, "there is no such call")
    if live is None:
        try:
            return await services.conversations.open(
                channel=Channel.CALL,
                external_id=external_id,
                language=told.language,
                queue=told.queue,
                direction=told.direction,
                customer=told.customer,
            )
        except ConflictError:  # the audio, or another event, was faster
            live = await services.conversations.find(external_id)
    if live is None or live.session.state.started is None or live.session.state.started.channel is not Channel.CALL:
        raise HTTPException(409, "this external id belongs to a chat")
    return live


@router.get("/claims")
async def claims(user: Person, services: ServicesDep) -> list[ConversationSummary]:
    """Live calls that are nobody's."""
    found = []
    for record in await services.store.unclaimed_calls():
        live = await services.conversations.get(record.conversation_id)
        if live is not None and live.session.state.agent is None:
            found.append(summary(live, services.links))
    return found


@router.post("/claims/{conversation_id}")
async def claim(conversation_id: str, user: Person, services: ServicesDep) -> ConversationSummary:
    """Take a call that is nobody's; 409 if somebody was faster."""
    live = await services.conversations.get(conversation_id)
    if live is None:
        raise HTTPException(404, "there is no such call")
    outputs = await live.do(lambda session: session.claim(user.login, f"claim-{new_id()}", time()))
    if not outputs:
        raise HTTPException(409, "this call is somebody's by now")
    return summary(live, services.links)
