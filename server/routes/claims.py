"""Calls that nobody could be matched to: shown to agents of their queue, until one of them claims them."""

from time import time

from fastapi import APIRouter, HTTPException

from server.access import working
from server.ids import new_id
from server.routes.people import Agent
from server.routes.summaries import summary
from server.services import Services, ServicesDep
from server.session import Output, Session
from server.store import ConversationRecord, UserRecord
from server.wire.events import Channel
from server.wire.panel import Claim, ConversationSummary

router = APIRouter(prefix="/v1/claims", tags=["calls"])


async def waiting(services: Services, user: UserRecord) -> list[Claim]:
    """The calls that this person may claim, oldest first."""
    records = await services.store.unclaimed_calls(working(user))
    return [_claim(record) for record in records if not await _rings_at_another(services, user, record)]


@router.get("")
async def claims(user: Agent, services: ServicesDep) -> list[Claim]:
    """Live calls of one's queues that are nobody's, oldest first."""
    return await waiting(services, user)


@router.post("/{conversation_id}")
async def claim(conversation_id: str, user: Agent, services: ServicesDep) -> ConversationSummary:
    """Take a call that is nobody's; 409 if somebody was faster or it is over, 404 if it is of another queue."""
    record = await services.store.conversation(conversation_id)
    live = await services.conversations.get(conversation_id)
    if record is None or live is None or not _within(user, record):
        raise HTTPException(404, "there is no such call")

    def take(session: Session) -> list[Output]:
        over = session.state.ended_at is not None
        return [] if over else session.claim(user.login, f"claim-{new_id()}", time())

    if not await live.do(take):
        raise HTTPException(409, "this call is somebody's by now, or over")
    return summary(live, services)


async def _rings_at_another(services: Services, user: UserRecord, record: ConversationRecord) -> bool:
    live = await services.conversations.get(record.conversation_id)
    return live is not None and live.session.state.ringing_at not in (None, user.login)


def _within(user: UserRecord, record: ConversationRecord) -> bool:
    is_call = record.channel is Channel.CALL
    return is_call and working(user).covers(record.tenant, record.team, record.queue, None)


def _claim(record: ConversationRecord) -> Claim:
    return Claim(
        conversation_id=record.conversation_id,
        external_id=record.external_id,
        direction=record.direction,
        queue=record.queue,
        language=record.language,
        customer=record.customer,
        started_at=record.started_at,
    )
