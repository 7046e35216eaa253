"""What a supervisor sees of the calls that are on, and whose."""

from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import time
from typing import Any

import httpx
import pytest

from server.app import create_app
from server.ingest.dialect import OpenCall
from server.live.calls import Calls
from server.live.recorder import Recorder
from server.live.room import AudioRoom
from server.services import Services
from server.store import QueuePolicy
from server.wire import events as ev
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Role
from tests.server.live.parts import RATE, Faults, Phone, watched_pool
from tests.server.routes.conftest import PASSWORD
from tests.server.routes.door import ORIGIN
from tests.server.watch.test_metrics import outcome, raised

Json = dict[str, Any]
Look = Callable[[str], Awaitable[Json]]


@pytest.fixture
async def calls(services: Services) -> AsyncIterator[Calls]:
    executor = ThreadPoolExecutor(1)
    room = AudioRoom(
        data_dir=services.settings.data_dir,
        pools={name: watched_pool(Faults()) for name in ("zh", "en")},
        executor=executor,
        end_silence=0.45,
        interim_interval=0.2,
        max_lead=60.0,
        stall_seconds=2.0,
        resume_seconds=10.0,
        keep_recording=Recorder(services.store, services.settings.data_dir).keep,
        metrics=services.metrics,
    )
    made = Calls(services.conversations, services.store, room, 4, b"secret")
    yield made
    await made.close()
    executor.shutdown()


@pytest.fixture
async def look(services: Services, calls: Calls) -> AsyncIterator[Look]:
    """Asks as somebody for what is on."""
    app = create_app(services.settings)
    app.state.services = replace(services, calls=calls)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:

        async def ask(login: str) -> Json:
            cookie = f"tici_session={await services.store.sessions.create(login, 1.0)}"
            answer = await client.get("/v1/floor", headers={"Cookie": cookie})
            assert answer.status_code == 200
            found: Json = answer.json()
            return found

        yield ask


async def begin(
    calls: Calls, external_id: str, queue: str, agent: str | None = None, phone: Phone | None = None
) -> str:
    legs = [listen.LegSpec(leg="customer", role=Role.CUSTOMER)]
    start = listen.Start(external_id=external_id, legs=legs, sample_rate=RATE, queue=queue, agent=agent)
    joined = await calls.open(OpenCall(start, True), phone or Phone())
    return joined.started.conversation_id


async def test_supervisors_see_the_calls_of_their_teams_and_queues(
    look: Look, services: Services, calls: Calls
) -> None:
    for queue, team in (("loans", "hz"), ("cards", "hz"), ("cars", "sh")):
        await services.store.save_queue(QueuePolicy(queue=queue, team=team))
    for login, role, team, queues in (
        ("hz-all", "supervisor", "hz", []),
        ("hz-loans", "supervisor", "hz", ["loans"]),
        ("everywhere", "supervisor", "*", []),
        ("boss", "admin", "default", []),
    ):
        await services.store.users.add(login, PASSWORD, role, team=team, queues=queues)
    for queue in ("loans", "cards", "cars"):
        await begin(calls, f"call-{queue}", queue, "xiaolin" if queue == "loans" else None)
    sees = {"hz-all": ["loans", "cards"], "hz-loans": ["loans"]}
    for login in ("hz-all", "hz-loans", "everywhere", "boss"):
        found = await look(login)
        assert [call["queue"] for call in found["calls"]] == sees.get(login, ["loans", "cards", "cars"])
        assert (found["node"]["calls"], found["node"]["room"], found["node"]["reasons"]) == (3, 1, [])


async def test_a_call_with_all_that_is_known_of_it(look: Look, services: Services, calls: Calls) -> None:
    await services.store.users.add("boss", PASSWORD, "admin")
    phone = Phone()
    conversation_id = await begin(calls, "call-1", "default", "xiaolin", phone)
    live = await services.conversations.get(conversation_id)
    assert live is not None

    async def happens(payload: ev.Payload) -> None:
        await live.do(lambda session: [session.emit(payload, time())])

    await happens(raised("s1", "s2", "s3"))
    await happens(outcome("s1", ev.OutcomeKind.USED))
    await happens(outcome("s1", ev.OutcomeKind.SPOKEN))
    await happens(outcome("s2", ev.OutcomeKind.DISMISSED))
    hold = ev.Segment(kind=ev.SegmentKind.HOLD, agent="xiaolin", start=7.0, end=None)
    await happens(ev.SegmentsChanged(segments=[hold]))
    (call,) = (await look("boss"))["calls"]
    assert call.pop("segment_since") == pytest.approx(call.pop("started_at") + 7.0)
    assert call == {
        "conversation_id": conversation_id,
        "agent": "xiaolin",
        "agent_name": "xiaolin",
        "queue": "default",
        "direction": "inbound",
        "language": "zh",
        "segment": "hold",
        "lag": 0.0,
        "away": False,
        "shown": 3,
        "used": 1,
    }
    calls.open_calls[0].detach(phone)
    assert (await look("boss"))["calls"][0]["away"]


async def test_lags_and_refusals_are_those_of_the_node(look: Look, services: Services) -> None:
    await services.store.users.add("boss", PASSWORD, "admin")
    for number in range(1, 101):
        services.metrics.lag("final", number / 100)
    for reason in (ErrorCode.OVERLOADED, ErrorCode.OVERLOADED, ErrorCode.UNAUTHENTICATED):
        services.metrics.refused(reason.value)
    found = await look("boss")
    assert found["lags"] == [{"stage": "final", "p50": 0.51, "p95": 0.96, "count": 100}]
    told = [(one["reason"], one["count"]) for one in found["refusals"]]
    assert told == [("overloaded", 2), ("unauthenticated", 1)]
    assert found["node"]["memory_bytes"] > 1e6 and found["node"]["disk_free_bytes"] > 0
