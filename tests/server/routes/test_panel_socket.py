"""A panel hears of its agent's conversations, of no others, and only while the agent is logged in."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from time import time

import httpx
import pytest
from fastapi import FastAPI

from server.live.conversation import LiveConversation
from server.routes import panel as panel_routes
from server.services import Services
from server.wire.events import Channel
from tests.server.routes.door import Door


@pytest.fixture
async def token(services: Services) -> str:
    return await services.store.sessions.create("xiaolin", 1.0)


@pytest.fixture
async def door(app: FastAPI, token: str) -> AsyncIterator[Door]:
    opened = Door(app, "/v1/panel", cookie=f"tici_session={token}")
    await opened.until("hello")
    yield opened
    opened.gate.set()
    await opened.leave()


@pytest.fixture
async def live(services: Services, door: Door) -> LiveConversation:
    opened = await services.conversations.open(
        channel=Channel.CHAT, external_id="x", language="zh", queue="default", agent="xiaolin"
    )
    await door.until("assigned")
    return opened


async def bind(live: LiveConversation, login: str) -> None:
    await live.do(lambda s: s.bind_agent(login, "test", time()))


async def write(live: LiveConversation, name: str) -> None:
    await live.do(lambda s: s.customer_wrote(name, name, time()))


async def settled(door: Door) -> None:
    """Wait until the panel answers what came before."""
    count = len(door.of("pong"))
    door.say(type="ping", client_time=0)
    await door.until("pong", count + 1)


async def test_a_conversation_taken_away_while_catching_up_is_told_no_further(
    door: Door, live: LiveConversation
) -> None:
    door.gate.clear()
    door.say(type="watch", conversation_id=live.conversation_id)
    await door.until("event")
    await bind(live, "dawei")
    await write(live, "for dawei")
    door.gate.set()
    await door.until("unassigned")
    await settled(door)
    assert len(door.of("event")) == 1
    assert door.messages[-2]["type"] == "unassigned"


async def test_a_watch_that_loses_the_race_against_a_rebind_gets_nothing(
    door: Door, live: LiveConversation, services: Services
) -> None:
    other = await services.conversations.open(
        channel=Channel.CHAT, external_id="y", language="zh", queue="default", agent="xiaolin"
    )
    door.say(type="watch", conversation_id=other.conversation_id)
    await door.until("event", 2)
    door.gate.clear()
    await write(other, "holds up the panel")
    await door.until("event", 3)
    door.say(type="watch", conversation_id=live.conversation_id)
    await asyncio.sleep(0.1)
    await bind(live, "dawei")
    door.gate.set()
    await door.until("unassigned")
    await write(live, "for dawei")
    await settled(door)
    assert len(door.of("event")) == 3


async def test_nothing_is_told_after_unwatch(door: Door, live: LiveConversation) -> None:
    door.say(type="watch", conversation_id=live.conversation_id)
    await door.until("event", 2)
    door.gate.clear()
    await write(live, "one")
    await door.until("event", 3)
    await write(live, "two")
    door.say(type="unwatch", conversation_id=live.conversation_id)
    door.gate.set()
    await settled(door)
    before = len(door.of("event"))
    await write(live, "three")
    await settled(door)
    assert len(door.of("event")) == before


async def test_an_action_after_logging_out_is_not_done(
    door: Door, live: LiveConversation, client: httpx.AsyncClient, token: str
) -> None:
    client.cookies.set("tici_session", token)
    assert (await client.delete("/v1/session")).status_code == 204
    send = {"type": "send", "action_id": "a", "conversation_id": live.conversation_id, "text": "hello"}
    door.say(**send)
    assert await door.close_code() == 1008
    assert door.of("action_result") == [] and live.session.state.messages == {}


@pytest.mark.parametrize("way", ["log out", "disable", "other role", "other queues", "other password"])
async def test_a_silent_panel_is_closed_soon_after_its_session(
    app: FastAPI, services: Services, token: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_routes, "SESSION_SECONDS", 0.02)
    door = Door(app, "/v1/panel", cookie=f"tici_session={token}")
    await door.until("hello")
    await asyncio.sleep(0.1)
    assert not door.task.done()
    users = services.store.users
    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "log out": lambda: services.store.sessions.delete(token),
        "disable": lambda: users.set_disabled("xiaolin", True),
        "other role": lambda: users.set_role("xiaolin", "trainer"),
        "other queues": lambda: users.change("xiaolin", queues=["loans"]),
        "other password": lambda: users.set_password("xiaolin", "another good one"),
    }
    await ways[way]()
    assert await door.close_code() == 1008


async def test_frames_that_are_no_messages_are_told_so(door: Door) -> None:
    too_long = json.dumps({"type": "ping", "client_time": 1}) + " " * panel_routes.MAX_TEXT
    door.raw(bytes=b"x")
    door.raw(bytes=b"x", text=None)
    door.raw(text=too_long)
    problems = await door.until("error", 3)
    assert {p["problem"]["code"] for p in problems} == {"bad_message"}
    await settled(door)
