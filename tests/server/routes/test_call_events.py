"""The call-event door: what it refuses, and what late, old and repeated news change."""

from collections.abc import AsyncIterator
from itertools import permutations
from time import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from server.access import working
from server.live.conversation import LiveConversation
from server.services import Services
from server.store import Scope
from server.wire.events import Channel
from tests.server.routes.door import Door
from tests.server.routes.test_tasks import TASK, tell


@pytest.fixture
async def key(services: Services) -> AsyncIterator[str]:
    yield (await services.store.keys.add("switch", [Scope.EVENTS])).secret


async def call(services: Services, name: str = "call-1") -> LiveConversation:
    live = await services.conversations.find(name)
    assert live is not None
    return live


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    told = answer.json()["problem"]
    return answer.status_code, told["code"], told["message"]


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (1.8e12, "seconds, not milliseconds"),
        (7.2e9, "in the future"),
        (900_000_000.0, "before the year 2000"),
        (float("nan"), "Unix seconds"),
        (float("inf"), "Unix seconds"),
        (-1, "Unix seconds"),
    ],
)
async def test_a_time_that_cannot_be_is_refused(
    client: httpx.AsyncClient, services: Services, key: str, at: float, why: str
) -> None:
    answer = await tell(client, key, "call-1", type="ringing", at=at)
    assert (answer.status_code, why in answer.text) == (422, True), answer.text
    assert await services.conversations.find("call-1") is None
    assert (await tell(client, key, "call-1", type="ringing", at=time() + 3000)).status_code == 200


async def test_the_latest_customer_counts_in_any_order_and_once(
    client: httpx.AsyncClient, services: Services, key: str
) -> None:
    now = time()
    news: list[dict[str, Any]] = [
        {"type": "ringing", "at": now - 9, "customer": "c-1", "event_id": "a"},
        {"type": "answered", "at": now - 6, "customer": "c-2", "event_id": "b"},
        {"type": "hold", "at": now - 3, "event_id": "c"},
    ]
    for number, order in enumerate(permutations(news)):
        name = f"call-{number}"
        for event in (*order, *order):
            assert (await tell(client, key, name, **event)).status_code == 200
        assert (await call(services, name)).session.state.customer == "c-2"
    live = await call(services, "call-0")
    await live.do(lambda s: s.bind_customer("c-3", "crm", time()))
    assert (await tell(client, key, "call-0", **news[1])).json()["repeated"]
    assert live.session.state.customer == "c-3", "an event that was told before changes nothing"


async def test_languages_are_told_apart_without_their_region(
    client: httpx.AsyncClient, services: Services, key: str
) -> None:
    assert (await tell(client, key, "call-1", type="ringing", language="zh-CN")).status_code == 200
    assert (await call(services)).session.state.language == "zh"
    for kind in ("ringing", "language"):
        refused = await tell(client, key, "call-2", type=kind, language="fr-FR")
        assert problem(refused)[:2] == (422, "unsupported_language")
    assert await services.conversations.find("call-2") is None


async def make_task(client: httpx.AsyncClient, key: str, **changes: Any) -> None:
    task = TASK | {"queue": None, "script": [], "stage": None} | changes
    saved = await client.post("/v1/tasks", json=task, headers={"Authorization": f"Bearer {key}"})
    assert saved.status_code == 200, saved.text


@pytest.mark.parametrize("first", [True, False])
async def test_a_task_of_another_customer_is_not_bound(
    client: httpx.AsyncClient, services: Services, key: str, first: bool
) -> None:
    await make_task(client, key)
    if not first:
        assert (await tell(client, key, "call-1", type="ringing", customer="c-9")).json()["task_bound"] is None
    answer = await tell(client, key, "call-1", type="answered", customer="c-9", task="t-1")
    assert (answer.status_code, answer.json()["task_bound"]) == (200, False)
    state = (await call(services)).session.state
    assert (state.task, state.customer, state.product) == (None, "c-9", None)
    unknown = await tell(client, key, "call-1", type="hold", task="t-9")
    assert unknown.json()["task_bound"] is False
    mine = await tell(client, key, "call-2", type="answered", customer="c-1", task="t-1")
    assert mine.json()["task_bound"] is True


async def test_a_tasks_agent_does_not_get_back_what_was_given_away(
    client: httpx.AsyncClient, services: Services, key: str
) -> None:
    await make_task(client, key)
    now = time()
    await tell(client, key, "call-1", type="answered", task="t-1", at=now - 9)
    assert (await call(services)).session.state.agent == "xiaolin"
    await tell(client, key, "call-1", type="transferred", agent="dawei", task="t-1", at=now - 6)
    await tell(client, key, "call-1", type="answered", task="t-1", at=now - 3)
    assert (await call(services)).session.state.agent == "dawei"


async def test_a_call_that_rings_at_somebody_is_offered_to_nobody_else(
    client: httpx.AsyncClient, services: Services, key: str, app: FastAPI
) -> None:
    doors = {}
    for login in ("xiaolin", "dawei"):
        cookie = f"tici_session={await services.store.sessions.create(login, 1.0)}"
        doors[login] = Door(app, "/v1/panel", cookie=cookie)
        await doors[login].until("claims")
    await tell(client, key, "call-1", type="ringing", agent="dawei")
    await doors["dawei"].until("claims", 2)
    for login, seen in (("xiaolin", 0), ("dawei", 1)):
        client.cookies.set("tici_session", await services.store.sessions.create(login, 1.0))
        assert len((await client.get("/v1/claims")).json()) == seen
    assert [m["calls"] for m in doors["xiaolin"].of("claims") if m["calls"]] == []
    await tell(client, key, "call-1", type="ringing", at=time() + 1)
    told = (await doors["xiaolin"].until("claims", 2))[-1]
    assert [one["external_id"] for one in told["calls"]] == ["call-1"]
    for door in doors.values():
        await door.leave()


async def test_who_is_disabled_or_logged_out_is_told_nothing_more(
    client: httpx.AsyncClient, services: Services, key: str, app: FastAPI
) -> None:
    """Long before the guard would notice: a disabled agent's call can be claimed, after a logout it stays theirs."""
    users, sessions = services.store.users, services.store.sessions
    await users.add("boss", "correct horse", "admin")
    user_id = next(u.user_id for u in await users.list() if u.login == "xiaolin")

    async def desk() -> tuple[Door, str]:
        token = await sessions.create("xiaolin", 1.0)
        door = Door(app, "/v1/panel", cookie=f"tici_session={token}")
        await door.until("hello")
        return door, token

    door, token = await desk()
    other, _ = await desk()
    await tell(client, key, "call-1", type="answered", agent="xiaolin")
    live = await call(services)
    door.say(type="watch", conversation_id=live.conversation_id)
    await door.until("event")
    client.cookies.set("tici_session", token)
    assert (await client.delete("/v1/session")).status_code == 204
    told = len(door.messages)
    await tell(client, key, "call-1", type="hold", at=time() + 1)
    assert await door.close_code() == 1008
    assert (len(door.messages), live.session.state.agent) == (told, "xiaolin")

    other.say(type="watch", conversation_id=live.conversation_id)
    await other.until("event")
    client.cookies.clear()
    client.cookies.set("tici_session", await sessions.create("boss", 1.0))
    changed = await client.patch(f"/v1/admin/people/{user_id}", json={"disabled": True})
    assert changed.status_code == 200, changed.text
    told = len(other.messages)
    await tell(client, key, "call-2", type="ringing", at=time())
    await tell(client, key, "call-1", type="resumed", at=time() + 2)
    assert await other.close_code() == 1008
    assert len(other.messages) == told
    assert live.session.state.agent is None
    boss = next(u for u in await users.list() if u.login == "boss")
    waiting = await services.store.unclaimed_calls(working(boss))
    assert live.conversation_id in {record.conversation_id for record in waiting}


async def test_a_chat_keeps_its_channel_without_a_model_for_its_language(services: Services) -> None:
    live = await services.conversations.open(channel=Channel.CHAT, external_id="chat-1", language="fr")
    assert live.session.state.language == "fr"
