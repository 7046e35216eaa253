"""Conversations in memory: let go when idle, never while somebody needs them."""

import asyncio
from time import monotonic, time

import pytest

from server.ids import new_id
from server.live.conversations import KEEP_SECONDS
from server.wire.events import Channel, Direction, Role
from tests.server.live.parts import Node, audio, say


async def chat(node: Node, name: str):
    return await node.conversations.open(Channel.CHAT, name, "zh", "default", Direction.INBOUND)


def forget_touches(node: Node) -> None:
    """As if nobody had touched any conversation for long."""
    for conversation_id in node.conversations._touched:
        node.conversations._touched[conversation_id] = monotonic() - KEEP_SECONDS - 1


async def test_idle_conversations_leave_and_come_back_as_they_were(node):
    live = await chat(node, "chat-1")
    await live.do(lambda session: [session.say(Role.CUSTOMER, "你好", new_id(), time())])
    await node.conversations.tick(time())
    assert node.conversations.live == [live]
    forget_touches(node)
    await node.conversations.tick(time())
    assert node.conversations.live == []
    again = await node.conversations.get(live.conversation_id)
    assert again is not live
    assert again.session.state == live.session.state
    assert await node.conversations.find("chat-1") is again


async def test_a_pinned_conversation_stays_until_the_last_pin_goes(node):
    live = await chat(node, "chat-1")
    with node.conversations.pinned(live):
        with node.conversations.pinned(live):
            pass
        forget_touches(node)
        await node.conversations.tick(time())
        assert node.conversations.live == [live]
    await node.conversations.tick(time())
    assert node.conversations.live == [live]
    forget_touches(node)
    await node.conversations.tick(time())
    assert node.conversations.live == []


async def test_a_call_pins_its_conversation(node):
    call, _, phone = await node.open("call-1")
    forget_touches(node)
    await node.conversations.tick(time())
    assert node.conversations.live == [call.live]
    await call.audio(audio(customer=say(0)), phone)
    await call.end(phone, "stopped")
    node.calls.forget_if_idle(call)
    forget_touches(node)
    await node.conversations.tick(time())
    assert node.conversations.live == []


async def test_one_conversation_whose_tick_fails_stops_no_other(node, monkeypatch):
    lives = [await chat(node, f"chat-{number}") for number in range(3)]
    ticked = []
    for live in lives:
        monkeypatch.setattr(live.session, "tick", lambda at, live=live: ticked.append(live) or [])

    def broken(at):
        raise RuntimeError("a defect")

    monkeypatch.setattr(lives[0].session, "tick", broken)
    await node.conversations.tick(time())
    assert ticked == lives[1:]


async def test_getting_at_once_makes_one(node):
    live = await chat(node, "chat-1")
    forget_touches(node)
    await node.conversations.tick(time())
    found = await asyncio.gather(*(node.conversations.get(live.conversation_id) for _ in range(5)))
    assert len({id(one) for one in found}) == 1


@pytest.mark.parametrize("name", ["nobody's", ""])
async def test_there_is_no_conversation_that_nobody_started(node, name):
    assert await node.conversations.get(name) is None
    assert await node.conversations.find(name) is None
