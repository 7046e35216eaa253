"""Races in which a conversation changes hands: the old screen gets nothing more, and its clicks do nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from server.ids import new_id
from server.live.conversation import LiveConversation
from server.services import Services
from server.session import Ask, Suggested, SuggestedCard
from server.wire import events as ev
from server.wire.events import CallEventType as Type
from server.wire.events import Channel, Event, SwitchEvent
from tests.server.routes.conftest import app, client, services  # noqa: F401
from tests.server.routes.door import Door

Json = dict[str, Any]


class SlowSuggestions:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()

    async def suggest(self, ask: Ask) -> Suggested:
        self.asked.set()
        await self.gate.wait()
        found = SuggestedCard("repay", 1, "repay", "reply", "text", "intent", 0.9, "?", "zh")
        return Suggested(ask, (found,), "m", 1.0, 1.0)


@asynccontextmanager
async def screen(app: FastAPI, services: Services, login: str) -> AsyncIterator[Door]:  # noqa: F811
    """The open panel of an agent."""
    token = await services.store.sessions.create(login, 1.0)
    door = Door(app, "/v1/panel", cookie=f"tici_session={token}")
    await door.until("hello")
    try:
        yield door
    finally:
        door.gate.set()
        await door.leave()


async def begin(services: Services, agent: str | None = "xiaolin", name: str = "call-1") -> LiveConversation:  # noqa: F811
    return await services.conversations.open(
        channel=Channel.CALL, external_id=name, language="zh", queue="default", agent=agent
    )


async def tell(live: LiveConversation, what: Type, when: float, agent: str | None = None) -> None:
    event = SwitchEvent(event_id=new_id(), what=what, when=when, agent=agent, reported=agent)
    await live.do(lambda s: s.switch_event(event, s.state.started_at + when))


async def write(live: LiveConversation, text: str) -> None:
    await live.do(lambda s: s.customer_wrote(text, new_id(), s.state.started_at + 1))


async def settled(door: Door) -> None:
    count = len(door.of("pong"))
    door.say(type="ping", client_time=0)
    await door.until("pong", count + 1)


def kinds(door: Door) -> list[str]:
    return [message["event"]["payload"]["type"] for message in door.of("event")]


def slow(live: LiveConversation, monkeypatch: pytest.MonkeyPatch) -> SlowSuggestions:
    suggestions = SlowSuggestions()
    monkeypatch.setattr(live, "_suggestions", suggestions)
    return suggestions


async def transfer(live: LiveConversation) -> None:
    await tell(live, Type.ANSWERED, 0.0, "xiaolin")
    await tell(live, Type.TRANSFERRED, 5.0, "dawei")
    await tell(live, Type.ANSWERED, 6.0, "dawei")


async def consult_then_transfer(live: LiveConversation) -> None:
    await tell(live, Type.ANSWERED, 0.0, "xiaolin")
    await tell(live, Type.CONSULT, 5.0, "dawei")
    await tell(live, Type.TRANSFERRED, 6.0, "dawei")


@pytest.mark.parametrize("hand_over", [transfer, consult_then_transfer])
async def test_a_card_in_flight_belongs_to_whoever_has_the_call_when_it_lands(
    app: FastAPI,  # noqa: F811
    services: Services,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    hand_over: Callable[[LiveConversation], Awaitable[None]],
) -> None:
    async with screen(app, services, "xiaolin") as old, screen(app, services, "dawei") as new:
        live = await begin(services)
        await old.until("assigned")
        old.say(type="watch", conversation_id=live.conversation_id)
        await old.until("event", 2)
        suggestions = slow(live, monkeypatch)
        await write(live, "能提前还款吗")
        await suggestions.asked.wait()
        await hand_over(live)
        await old.until("unassigned")
        await settled(old)
        told = len(old.of("event"))
        suggestions.gate.set()
        await live.settle()
        await new.until("assigned")
        new.say(type="watch", conversation_id=live.conversation_id)
        await settled(new)
        await settled(old)
        assert "suggestions.raised" in kinds(new)
        assert "suggestions.raised" not in kinds(old) and len(old.of("event")) == told


async def test_a_click_during_a_rebind_is_refused_and_changes_nothing(
    app: FastAPI,  # noqa: F811
    services: Services,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rebind is being stored while the old agent clicks."""
    async with screen(app, services, "xiaolin") as old:
        live = await begin(services)
        suggestions = slow(live, monkeypatch)
        suggestions.gate.set()
        await write(live, "能提前还款吗")
        await live.settle()
        (card,) = live.session.state.cards
        commit, began, leave = services.store.commit, asyncio.Event(), asyncio.Event()

        async def slowly(events: list[Event]) -> None:
            began.set()
            await leave.wait()
            await commit(events)

        monkeypatch.setattr(services.store, "commit", slowly)
        rebinding = asyncio.create_task(live.do(lambda s: s.bind_agent("dawei", "test", 1.0)))
        await began.wait()
        here = {"conversation_id": live.conversation_id}
        old.say(type="use", action_id="a", suggestion_id=card, **here)
        old.say(type="wrap_up", action_id="b", code="solved", **here)
        old.say(type="set_language", action_id="c", language="en", **here)
        old.say(type="set_recording", action_id="d", recording=False, **here)
        await asyncio.sleep(0.05)
        leave.set()
        await rebinding
        results = await old.until("action_result", 4)
        assert [(r["ok"], r["problem"]["code"]) for r in results] == [(False, "forbidden")] * 4
        payloads = [event.payload for event in await services.store.events(live.conversation_id)]
        assert isinstance(payloads[-1], ev.AgentBound)
        assert live.session.state.cards[card].open


async def test_logging_out_in_mid_call_keeps_the_call_and_any_desk_finds_it(
    app: FastAPI,  # noqa: F811
    services: Services,  # noqa: F811
) -> None:
    token = await services.store.sessions.create("xiaolin", 1.0)
    door = Door(app, "/v1/panel", cookie=f"tici_session={token}")
    await door.until("hello")
    live = await begin(services)
    await door.until("assigned")
    door.say(type="watch", conversation_id=live.conversation_id)
    await door.until("event", 2)
    await services.store.sessions.delete(token)
    door.say(type="unwatch", conversation_id="something")
    assert await door.close_code() == 1008
    told = len(door.sent)
    await write(live, "还在吗")
    assert live.session.state.agent == "xiaolin" and len(door.sent) == told
    async with screen(app, services, "xiaolin") as again, screen(app, services, "dawei") as other:
        (hello,) = again.of("hello")
        assert [c["conversation_id"] for c in hello["conversations"]] == [live.conversation_id]
        assert other.of("hello")[0]["conversations"] == []
        again.say(type="watch", conversation_id=live.conversation_id)
        await settled(again)
        assert "utterance" in kinds(again)


async def test_calls_that_wait_for_their_wrap_up_stay_when_the_next_one_comes(
    app: FastAPI,  # noqa: F811
    services: Services,  # noqa: F811
) -> None:
    async with screen(app, services, "xiaolin") as door:
        first = await begin(services)
        await tell(first, Type.ANSWERED, 0.0, "xiaolin")
        await tell(first, Type.HANGUP, 9.0)
        second = await begin(services, name="call-2")
        await door.until("assigned", 2)
        assert first.session.state.agent == "xiaolin" and not first.session.state.wrapped_up
    async with screen(app, services, "xiaolin") as again:
        shown = [c["conversation_id"] for c in again.of("hello")[0]["conversations"]]
        assert shown == [first.conversation_id, second.conversation_id]


async def test_two_agents_at_one_extension_are_shown_nothing(services: Services) -> None:  # noqa: F811
    """Hot desks: the extension is whose it was at the event's own time."""
    store = services.store
    await store.assign_extension("8012", "xiaolin", at=100.0)
    await store.assign_extension("8012", "dawei", at=200.0)
    assert [await store.resolve_agent("8012", at=at) for at in (50.0, 150.0, 250.0)] == [None, "xiaolin", "dawei"]
