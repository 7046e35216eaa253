"""The customer's socket: no flood, nothing that is not stored, clear words for what is no message."""

import asyncio
import json
from time import time

import pytest
from fastapi import FastAPI

from server.live.conversation import LiveConversation
from server.routes import chat as chat_routes
from server.services import Services
from server.store import StorageError
from server.wire.events import Channel, Event
from tests.server.routes.door import Door


@pytest.fixture
async def live(services: Services) -> LiveConversation:
    return await services.conversations.open(channel=Channel.CHAT, external_id="x", language="zh", queue="default")


async def enter(app: FastAPI, services: Services, live: LiveConversation) -> Door:
    door = Door(app, "/v1" + services.links.make(live.conversation_id))
    await door.until("hello")
    return door


async def test_a_flood_is_slowed_down_however_many_sockets_it_comes_through(
    app: FastAPI, services: Services, live: LiveConversation
) -> None:
    doors = [await enter(app, services, live) for _ in range(2)]
    for i in range(40):
        doors[i % 2].say(type="say", client_id=str(i), text="hi")
    for door in doors:
        await door.until("error", 5)
        assert {e["problem"]["code"] for e in door.of("error")} == {"too_fast"}
    stored = len(live.session.state.turns)
    assert 20 <= stored <= 30
    await asyncio.sleep(0.4)
    doors[0].say(type="say", client_id="later", text="hi")
    await doors[0].until("message", stored + 1)
    for door in doors:
        await door.leave()


async def test_frames_that_are_no_messages_are_told_so(
    app: FastAPI, services: Services, live: LiveConversation
) -> None:
    door = await enter(app, services, live)
    door.raw(bytes=b"x")
    door.raw(text=json.dumps({"type": "end"}) + " " * chat_routes.MAX_TEXT)
    problems = await door.until("error", 2)
    assert {p["problem"]["code"] for p in problems} == {"bad_message"}
    assert live.session.state.ended_at is None
    await door.leave()


async def test_a_page_never_shows_what_was_not_stored(
    app: FastAPI, services: Services, live: LiveConversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    committing, fail = asyncio.Event(), asyncio.Event()

    async def commit(events: list[Event]) -> None:
        committing.set()
        await fail.wait()
        raise StorageError("full")

    monkeypatch.setattr(services.store, "commit", commit)
    lost = asyncio.create_task(live.do(lambda s: s.customer_wrote("lost", "lost", time())))
    await committing.wait()
    entering = asyncio.create_task(enter(app, services, live))
    await asyncio.sleep(0.05)
    fail.set()
    door = await entering
    assert door.of("hello")[0]["lines"] == []
    assert isinstance((await asyncio.gather(lost, return_exceptions=True))[0], StorageError)
    await door.leave()


async def test_a_message_sent_again_is_answered_even_after_the_end(
    app: FastAPI, services: Services, live: LiveConversation
) -> None:
    door = await enter(app, services, live)
    door.say(type="say", client_id="a", text="hi")
    await door.until("message")
    door.say(type="say", client_id="a", text="hi")
    first, again = await door.until("message", 2)
    assert first == again
    door.say(type="end")
    await door.until("ended")
    door.say(type="say", client_id="a", text="hi")
    await door.until("message", 3)
    door.say(type="say", client_id="b", text="too late")
    assert (await door.until("error"))[0]["problem"]["code"] == "conversation_ended"
    assert len(live.session.state.turns) == 1
    await door.leave()
