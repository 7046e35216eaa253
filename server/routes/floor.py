"""What goes on now, for supervisors: their calls, how late words are, how much room is left, who was refused."""

import asyncio
from time import time

from fastapi import APIRouter

from server.access import working
from server.live.call import Call
from server.live.conversations import TENANT
from server.routes.people import Overseer
from server.services import Services, ServicesDep
from server.session.state import ConversationState
from server.store import Reach
from server.version import version
from server.watch.disk import free_bytes
from server.watch.metrics import STAGES
from server.watch.readiness import reasons
from server.wire.base import ErrorCode
from server.wire.events import OutcomeKind
from server.wire.floor import Floor, FloorCall, NodeHealth, RefusalCount, Stage, StageLag

router = APIRouter(prefix="/v1/floor", tags=["floor"])
TAKEN_UP = frozenset({OutcomeKind.USED, OutcomeKind.SENT, OutcomeKind.EDITED, OutcomeKind.SPOKEN})


@router.get("")
async def floor(user: Overseer, services: ServicesDep) -> Floor:
    """The calls of one's teams and queues, and the node that carries them."""
    names = {one.login: one.display_name for one in await services.store.users.list(user.tenant)}
    mine = [call for call in services.calls.open_calls if _within(working(user), call)]
    lags = [_lag(services, stage) for stage in STAGES]
    return Floor(
        at=time(),
        calls=sorted((_row(call, names) for call in mine), key=lambda row: row.started_at),
        node=await _node(services),
        lags=[lag for lag in lags if lag.count],
        refusals=[
            RefusalCount(reason=ErrorCode(reason), count=count)
            for reason, count in services.metrics.refusals.last_hour().items()
        ],
    )


def _within(reach: Reach, call: Call) -> bool:
    return reach.covers(TENANT, call.live.session.policy.team, call.live.queue, call.live.session.state.agent)


def _row(call: Call, names: dict[str, str]) -> FloorCall:
    state = call.live.session.state
    assert state.started is not None
    kept = [card for card in state.cards.values() if card.outcomes & TAKEN_UP]
    return FloorCall(
        conversation_id=call.live.conversation_id,
        agent=state.agent,
        agent_name=names.get(state.agent or ""),
        queue=state.started.queue,
        direction=state.started.direction,
        language=state.language,
        started_at=state.started_at,
        segment=state.segments[-1].kind if state.segments else None,
        segment_since=_segment_since(state),
        lag=call.behind,
        away=call.away,
        shown=len(state.cards),
        used=len(kept),
    )


def _segment_since(state: ConversationState) -> float:
    return state.started_at + (state.segments[-1].start if state.segments else 0.0)


async def _node(services: Services) -> NodeHealth:
    return NodeHealth(
        version=version(),
        reasons=await reasons(services),
        calls=services.calls.live,
        room=services.calls.room if services.calls.limited else None,
        memory_bytes=services.metrics.memory,
        disk_free_bytes=await _free(services),
    )


async def _free(services: Services) -> float | None:
    try:
        return await asyncio.to_thread(free_bytes, services.settings.data_dir)
    except OSError:
        return None


def _lag(services: Services, stage: Stage) -> StageLag:
    lags = services.metrics.recent(stage)
    return StageLag(stage=stage, p50=_share(lags, 0.5), p95=_share(lags, 0.95), count=len(lags))


def _share(ordered: list[float], share: float) -> float:
    """The value that so large a share does not exceed; 0 where there is none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
