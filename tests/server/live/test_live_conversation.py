"""One writer per conversation: every event once, in order, whatever fails in between."""

import asyncio
from time import time

import pytest

from asr.transcript import Transcript
from server.ids import new_id
from server.live import patience as patience_module
from server.live.conversation import LiveConversation, conversation_topic
from server.store.errors import StorageError
from server.wire.events import Channel, Direction, LegGap, Role, Utterance
from tests.server.live.parts import Node, assert_gapless, audio, say, until, words


async def opened(node: Node) -> LiveConversation:
    return await node.conversations.open(Channel.CHAT, "chat-1", "zh", "default", Direction.INBOUND)


def saying(text: str):
    return lambda session: [session.say(Role.AGENT, text, new_id(), time())]


async def stored(node: Node, live: LiveConversation) -> list[str]:
    events = await node.store.events(live.conversation_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [event.payload.text for event in events if isinstance(event.payload, Utterance)]


@pytest.mark.parametrize("patience", [3.0, 0.1], ids=["shorter than the patience", "longer than the patience"])
async def test_words_heard_while_the_store_is_away_are_stored_once_it_is_back(node, monkeypatch, patience):
    monkeypatch.setattr(patience_module, "STORE_PATIENCE", patience)
    call, started, phone = await node.open("call-1")
    heard = say(0, 1, 2)
    await call.audio(audio(customer=heard[:16000]), phone)
    await until(lambda: phone.done == 1)
    node.store.away = True
    await call.audio(audio(customer=heard[16000:]), phone)
    await asyncio.sleep(0.6)
    node.store.away = False
    await call.end(phone, "stopped")
    tiles = await node.tiles(started.conversation_id)
    assert_gapless(tiles, len(heard))
    assert len(words(tiles)) == len(set(words(tiles))) == 3
    assert [final.text for final in phone.finals] == words(tiles)


async def test_a_store_that_is_away_for_very_long_costs_no_words(node, monkeypatch):
    """However often it fails: only audio that cannot be decoded is given up."""
    monkeypatch.setattr(patience_module, "STORE_PATIENCE", 0.01)
    call, started, phone = await node.open("call-1")
    node.store.away = True
    await call.audio(audio(customer=say(0)), phone)
    await asyncio.sleep(0.5)
    node.store.away = False
    await call.end(phone, "stopped")
    assert len(words(await node.tiles(started.conversation_id))) == 1


async def test_words_whose_commit_was_not_answered_are_stored_once(node):
    call, started, phone = await node.open("call-1")
    node.store.lost_answers = 1
    await call.audio(audio(customer=say(0, 1)), phone)
    await call.end(phone, "stopped")
    tiles = await node.tiles(started.conversation_id)
    assert_gapless(tiles, len(say(0, 1)))
    assert len(words(tiles)) == 2


async def test_a_caller_cancelled_in_mid_commit(node):
    live = await opened(node)
    told = node.hub.subscribe(conversation_topic(live.conversation_id))
    node.store.gate.clear()
    begun = node.store.commits
    first = asyncio.create_task(live.do(saying("one")))
    await until(lambda: node.store.commits == begun + 1)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    node.store.gate.set()
    await live.do(saying("two"))
    assert await stored(node, live) == ["one", "two"]
    messages = aiter(told)
    assert [(await anext(messages))[1].payload.text for _ in range(2)] == ["one", "two"]
    assert told._queue.empty()


async def test_a_step_that_raises_after_it_emitted_leaves_nothing_behind(node):
    live = await opened(node)

    def broken(session):
        session.say(Role.AGENT, "never stored", new_id(), time())
        raise LookupError("a defect")

    with pytest.raises(LookupError):
        await live.do(broken)
    await live.do(saying("one"))
    assert await stored(node, live) == ["one"]
    assert [turn.text for turn in live.session.state.turns] == ["one"]


async def test_a_commit_that_fails_leaves_nothing_behind(node):
    live = await opened(node)
    node.store.away = True
    for _ in range(2):
        with pytest.raises(StorageError):
            await live.do(saying("not stored"))
    node.store.away = False
    await live.do(saying("one"))
    assert await stored(node, live) == ["one"]


async def test_closing_finishes_the_step_that_has_begun(node):
    live = await opened(node)
    node.store.gate.clear()
    begun = node.store.commits
    step = asyncio.create_task(live.do(saying("one")))
    await until(lambda: node.store.commits == begun + 1)
    closing = asyncio.create_task(live.close())
    await asyncio.sleep(0.02)
    assert not closing.done()
    node.store.gate.set()
    await closing
    await step
    assert await stored(node, live) == ["one"]


async def test_a_gap_is_not_a_tile(node):
    """What the sender of a stream without resumption missed moves no boundary."""
    call, started, phone = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=say(0)), phone)
    call.detach(phone)
    await asyncio.sleep(0.3)
    _, _, again = await node.open("call-1", token=started.resume_token, resumable=False)
    await call.audio(audio(customer=say(1)[:800]), again)
    await call.audio(audio(customer=say(1)[800:]), again)
    await call.end(again, "stopped")
    events = [event.payload for event in await node.store.events(started.conversation_id)]
    assert [event.reason for event in events if isinstance(event, LegGap)] == ["sender lost"]
    assert_gapless(await node.tiles(started.conversation_id), len(say(0, 1)))


def heard(start: int, end: int) -> Transcript:
    return Transcript("customer", "你好", True, start, end, start / 8000, end / 8000)


async def test_the_same_words_told_twice_are_stored_once(node):
    call, started, _ = await node.open("call-1")
    for _ in range(2):
        await call.live.do(lambda session: session.heard(heard(0, 8000), time(), time()))
    assert await node.tiles(started.conversation_id) == [(0, 8000, "你好")]
