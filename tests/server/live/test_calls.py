"""The calls of a node: admission, joining, and what a restart brings back."""

import asyncio
from time import monotonic, time

import numpy as np
import pytest

from server.ids import new_id
from server.live import leg
from server.live.sender import CallRefused
from server.spool import LegSpool, SpoolBusyError, spooled_conversations
from server.store import Store
from server.wire.events import Channel, Direction, WrappedUp
from tests.server.live.parts import RATE, Node, assert_gapless, audio, say, until, words


async def refusal(opening) -> str:
    with pytest.raises(CallRefused) as refused:
        await opening
    return str(refused.value.code)


async def unfinished(node: Node) -> list[str]:
    return [record.conversation_id for record in await node.store.unfinished_conversations()]


async def test_a_leg_that_joins_a_call_that_had_ended_brings_it_back_to_life(node):
    call, started, phone = await node.open("call-1", "left")
    await call.audio(audio(left=say(0)), phone)
    await call.end(phone, "stopped")
    node.calls.forget_if_idle(call)
    assert await unfinished(node) == []
    await node.open("call-1", "right", token=started.resume_token)
    assert await unfinished(node) == [started.conversation_id]
    assert (await node.store.conversation_row(started.conversation_id)).ended_at is None


def decodes_nothing(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node fails at whatever it hears, and does not give up."""
    monkeypatch.setattr(leg, "ATTEMPTS", 10**9)
    node.faults.once = 10**9


async def restart(node: Node, store: Store) -> Node:
    """What a start does, on what a killed node left."""
    await node.crash()
    again = Node(node.data_dir, store)
    await again.recover()
    return again


async def test_after_a_crash_live_legs_go_on_and_ended_ones_become_recordings(
    node, store, tmp_path, caplog, monkeypatch
):
    async def crash_before_the_recording(conversation_id, spool):
        spool.close()

    object.__setattr__(node.calls._room, "keep_recording", crash_before_the_recording)
    call, started, left = await node.open("call-1", "left")
    await call.audio(audio(left=say(0)), left)
    await call.end(left, "stopped")
    call, _, right = await node.open("call-1", "right", token=started.resume_token)
    decodes_nothing(node, monkeypatch)
    await call.audio(audio(right=say(1, 2)), right)
    again = await restart(node, store)
    folder = tmp_path / "spool" / started.conversation_id
    assert sorted(path.name for path in folder.iterdir()) == ["right.json", "right.raw"]
    assert [record.leg for record in await store.recordings(started.conversation_id)] == ["left"]
    assert again.calls.live == 1
    assert "audio is lost" not in caplog.text

    call, resumed, right = await again.open("call-1", "right", token=started.resume_token)
    assert resumed.resume_from == len(say(1, 2))
    await call.audio(audio(right=say(3)), right)
    await call.end(right, "stopped")
    tiles = await again.tiles(started.conversation_id, "right")
    assert_gapless(tiles, len(say(1, 2, 3)))
    assert len(words(tiles)) == 3
    assert spooled_conversations(tmp_path) == []
    await again.crash()


async def test_recovered_audio_becomes_text_although_nobody_comes_back(node, store, monkeypatch):
    call, started, phone = await node.open("call-1")
    decodes_nothing(node, monkeypatch)
    await call.audio(audio(customer=say(0)), phone)
    again = await restart(node, store)
    again.calls.tick(monotonic() + 11)
    await until(lambda: not any(call.slots for call in again.calls._calls.values()))
    assert len(words(await again.tiles(started.conversation_id))) == 1
    await again.crash()


@pytest.mark.parametrize("damage", ["{", "[]", '{"leg": "customer"}', None], ids=["torn", "list", "fields", "gone"])
async def test_a_damaged_spool_stops_no_other_recovery(node, store, tmp_path, damage):
    opened = [await node.open(f"call-{number}") for number in range(3)]
    for call, _, phone in opened:
        await call.audio(audio(customer=say(0)), phone)
        await until(lambda phone=phone: phone.done == 1)
    await node.crash()
    broken = opened[0][1].conversation_id
    header = tmp_path / "spool" / broken / "customer.json"
    header.unlink() if damage is None else header.write_text(damage)
    again = Node(tmp_path, store)
    await again.recover()
    assert again.calls.live == 2
    for number in (1, 2):
        call, resumed, phone = await again.open(f"call-{number}", token=opened[number][1].resume_token)
        assert resumed.resume_from == len(say(0))
        await call.end(phone, "stopped")
    assert await unfinished(again) == []
    await again.crash()


async def test_a_damaged_spool_of_an_ended_leg_stops_no_other_recording(node, store, tmp_path):
    async def crash_before_the_recording(conversation_id, spool):
        spool.close()

    object.__setattr__(node.calls._room, "keep_recording", crash_before_the_recording)
    ids = []
    for number in range(3):
        call, started, phone = await node.open(f"call-{number}")
        await call.audio(audio(customer=say(0)), phone)
        await call.end(phone, "stopped")
        ids.append(started.conversation_id)
    (tmp_path / "spool" / sorted(ids)[0] / "customer.json").write_text("{")
    await node.recorder.recover()
    assert [len(await store.recordings(one)) for one in sorted(ids)] == [0, 1, 1]


async def test_a_language_that_is_not_loaded_any_more_stops_no_start(node, store, tmp_path):
    """Its audio waits until it is loaded again."""
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: phone.done == 1)
    await node.crash()
    without = Node(tmp_path, store)
    without.calls._room.pools.clear()
    await without.recover()
    assert without.calls.live == 0
    await without.crash()
    again = Node(tmp_path, store)
    await again.recover()
    assert again.calls.live == 1 and started.conversation_id in await unfinished(again)
    await again.crash()


async def test_a_live_leg_is_not_recorded_by_a_second_recovery(node, tmp_path):
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await node.recorder.recover()
    assert await node.store.recordings(started.conversation_id) == []
    with pytest.raises(SpoolBusyError):
        LegSpool.open(tmp_path, started.conversation_id, "customer")


async def test_a_tick_does_not_forget_a_call_that_is_being_opened(node):
    node.store.gate.clear()
    opening = asyncio.create_task(node.open("call-1"))
    for commit in (1, 2):  # the conversation, then its leg
        await until(lambda commit=commit: node.store.commits == commit)
        node.calls.tick(monotonic())
        node.store.gate.set()
        await asyncio.sleep(0)
        node.store.gate.clear()
    node.store.gate.set()
    call, started, _ = await opening
    assert node.calls._calls[started.conversation_id] is call
    resumed, _, _ = await node.open("call-1", token=started.resume_token)
    assert resumed is call


async def test_the_tick_while_calls_are_opened(node):
    node.calls._max_calls = 100

    async def tick() -> None:
        while True:
            node.calls.tick(monotonic())
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    opened = await asyncio.gather(*(node.open(f"call-{number}") for number in range(10)))
    ticking.cancel()
    assert all(node.calls._calls[started.conversation_id] is call for call, started, _ in opened)


async def test_two_senders_that_open_a_call_at_once_are_of_one_call(node):
    opened = await asyncio.gather(node.open("call-1", "left"), node.open("call-1", "right"))
    assert opened[0][0] is opened[1][0] and set(opened[0][0].slots) == {"left", "right"}


async def test_a_call_has_four_legs_at_most(node):
    await node.open("call-1", "a", "b")
    await node.open("call-1", "c")
    assert await refusal(node.open("call-1", "d", "e")) == "policy"
    await node.open("call-1", "d")
    assert await refusal(node.open("call-1", "e")) == "policy"


async def test_a_chat_takes_no_audio(node):
    chat = await node.conversations.open(Channel.CHAT, "chat-1", "zh", "default", Direction.INBOUND)
    assert await refusal(node.open("chat-1")) == "conflict"
    assert chat.session.state.legs == {} and node.calls.live == 0


async def test_a_wrapped_up_call_takes_no_audio(node):
    call, _, phone = await node.open("call-1", "left")
    await call.end(phone, "stopped")
    wrapped_up = WrappedUp(action_id=new_id(), code="solved", by="li")
    await call.live.do(lambda session: [session.emit(wrapped_up, time())])
    assert await refusal(node.open("call-1", "right")) == "conversation_ended"


async def test_an_ended_leg_takes_no_audio(node):
    call, _, phone = await node.open("call-1")
    await call.end(phone, "stopped")
    assert await refusal(node.open("call-1")) == "conversation_ended"


async def test_a_full_node_takes_no_call_but_its_calls_go_on(store, tmp_path):
    node = Node(tmp_path, store, max_calls=1)
    _, started, _ = await node.open("call-1")
    assert await refusal(node.open("call-2")) == "overloaded"
    await node.open("call-1", "other")
    await node.open("call-1", token=started.resume_token)
    await node.calls.drain(0)
    assert await refusal(node.open("call-1", token=started.resume_token)) == "shutting_down"
    await node.crash()


async def test_a_refused_call_takes_no_place(store, tmp_path):
    node = Node(tmp_path, store, max_calls=1)
    node.store.away = True
    assert await refusal(node.open("call-1")) == "storage"
    node.store.away = False
    assert node.calls.has_room
    await node.open("call-2")
    await node.crash()


async def test_silence_alone_makes_a_recording_and_no_words(node, tmp_path):
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=np.zeros(RATE, np.int16)), phone)
    await call.end(phone, "stopped")
    assert await node.tiles(started.conversation_id) == [(0, RATE, "")]
    assert [record.samples for record in await node.store.recordings(started.conversation_id)] == [RATE]


async def test_draining_tells_the_last_words_and_sends_the_senders_away(node):
    heard = say(0)[: round(1.1 * RATE)]
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=heard), phone)
    await until(lambda: call.slots["customer"].live.decoder.in_speech)
    await node.calls.drain(0.2)
    assert [final.end_sample for final in phone.finals] == [len(heard)]
    assert phone.acks == {"customer": len(heard)} and phone.failures == ["shutting_down"]
    assert_gapless(await node.tiles(started.conversation_id), len(heard))
