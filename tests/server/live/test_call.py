"""The legs of a call and their senders: taken over, aligned, stalled, lost, ended."""

import asyncio
from time import monotonic

import numpy as np
import pytest

from server.live.sender import CallRefused
from server.spool import LegSpool, StorageError
from server.store.errors import StorageError as StoreAway
from server.wire.events import LegEnded
from tests.server.live.parts import CHUNK, RATE, Phone, assert_gapless, audio, say, until, words


def full(self, *args):
    raise StorageError("disk full")


async def test_a_sender_that_lost_the_leg_adds_nothing_and_the_next_is_told_where_to_go_on(node):
    heard = say(0, 1)
    call, started, old = await node.open("call-1")
    await call.audio(audio(customer=heard[:9000]), old)
    with pytest.raises(CallRefused) as refused:
        await node.open("call-1")
    assert refused.value.code == "leg_busy"
    _, again, new = await node.open("call-1", token=started.resume_token)
    assert again.resume_from == 9000
    assert old.failures == ["superseded"]
    await call.audio(audio(customer=heard[:5000]), old)
    call.detach(old)
    await call.audio(audio(customer=heard[9000:]), new)
    assert await call.end(new, "stopped") == {"customer": len(heard)}
    tiles = await node.tiles(started.conversation_id)
    assert_gapless(tiles, len(heard))
    assert len(words(tiles)) == 2 and new.failures == []


async def test_what_the_old_sender_was_still_writing_counts_for_the_new_one(node):
    heard = say(0)
    call, started, old = await node.open("call-1")
    leg = call.slots["customer"].live
    async with leg.intake:
        late = asyncio.create_task(call.audio(audio(customer=heard[:9000]), old))
        await asyncio.sleep(0.01)
        taking_over = asyncio.create_task(node.open("call-1", token=started.resume_token))
        await asyncio.sleep(0.05)
    await late
    _, again, new = await taking_over
    assert again.resume_from == leg.spool.samples
    await call.audio(audio(customer=heard[again.resume_from :]), new)
    assert leg.spool.read(0, len(heard)) == heard.tobytes()


async def test_stereo_legs_of_unequal_length_are_aligned_again(node):
    left, right = say(0, 1), say(2, 3)
    call, started, old = await node.open("call-1", "left", "right")
    await call.audio(audio(left=left[:9000]), old)
    await call.audio(audio(right=right[:8000]), old)
    call.detach(old)
    _, again, new = await node.open("call-1", "left", "right", token=started.resume_token)
    assert again.resume_from == 8000
    for start in range(8000, len(left), CHUNK):
        await call.audio(audio(left=left[start : start + CHUNK], right=right[start : start + CHUNK]), new)
    spools = [call.slots[name].live.spool for name in ("left", "right")]
    assert [spool.read(0, 10**6) for spool in spools] == [left.tobytes(), right.tobytes()]
    assert await call.end(new, "stopped") == {"left": len(left), "right": len(right)}
    for leg in ("left", "right"):
        assert_gapless(await node.tiles(started.conversation_id, leg), len(left))


async def test_after_a_failed_write_nothing_is_added_until_somebody_connects_again(node, monkeypatch):
    """Later audio would lie where the lost audio belongs."""
    heard = say(0)
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=heard[:8000]), phone)
    with monkeypatch.context() as patch, pytest.raises(StorageError):
        patch.setattr(LegSpool, "append", full)
        await call.audio(audio(customer=heard[8000:9000]), phone)
    await call.audio(audio(customer=heard[9000:]), phone)
    _, again, phone = await node.open("call-1", token=started.resume_token)
    assert again.resume_from == 8000
    await call.audio(audio(customer=heard[8000:]), phone)
    assert call.slots["customer"].live.spool.read(0, 10**6) == heard.tobytes()


async def test_a_stalled_sender_closes_its_utterance(node):
    """Without the silence after it, after many small chunks, and once."""
    speech = say(0)[: round(1.2 * RATE)]
    call, started, phone = await node.open("call-1")
    for start in range(0, len(speech), CHUNK):
        await call.audio(audio(customer=speech[start : start + CHUNK]), phone)
    await until(lambda: phone.done == len(speech) // CHUNK)
    leg = call.slots["customer"].live
    assert leg.lead == 0 and leg.decoder.in_speech
    call.tick(leg.last_audio + 1)
    await asyncio.sleep(0.02)
    assert leg.decoder.in_speech
    for _ in range(3):
        call.tick(monotonic() + 3)
    await until(lambda: len(phone.finals) == 1)
    assert await node.tiles(started.conversation_id) == [(0, len(speech), phone.finals[0].text)]


async def test_a_lost_sender_ends_its_leg_and_no_other(node, caplog):
    call, started, left = await node.open("call-1", "left")
    _, _, right = await node.open("call-1", "right", token=started.resume_token)
    await call.audio(audio(left=say(0)), left)
    call.detach(left)
    node.calls.tick(monotonic() + 9)
    await asyncio.sleep(0.05)
    assert set(call.slots) == {"left", "right"}
    node.calls.tick(monotonic() + 11)
    node.calls.tick(monotonic() + 11)
    await until(lambda: set(call.slots) == {"right"})
    await call.audio(audio(right=say(1)), right)
    await call.end(right, "stopped")
    payloads = [event.payload for event in await node.store.events(started.conversation_id)]
    ended = [(p.leg, p.samples, p.reason) for p in payloads if isinstance(p, LegEnded)]
    assert ended == [("left", len(say(0)), "sender lost"), ("right", len(say(1)), "stopped")]
    node.calls.tick(monotonic())
    assert node.calls.live == 0
    assert "could not be ended" not in caplog.text, "ended once, although the clock ticked twice"


async def test_legs_of_one_sender_end_in_one_step_so_that_a_crash_finds_both_open_or_none(node):
    call, started, phone = await node.open("call-1", "left", "right")
    await call.audio(audio(left=say(0, 1), right=say(2, 3)), phone)
    await call.end(phone, "stopped")
    kinds = [event.payload.type for event in await node.store.events(started.conversation_id)]
    assert kinds[-3:] == ["leg.ended", "leg.ended", "conversation.ended"]
    at = [event.at for event in await node.store.events(started.conversation_id)][-3:]
    assert at[2] - at[0] < 0.01, "nothing is decoded between them"


async def test_an_end_that_fails_is_tried_again(node, monkeypatch):
    monkeypatch.setattr("server.live.patience.STORE_PATIENCE", 0.1)
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: phone.done == 1)
    call.detach(phone)
    node.store.refused = LegEnded
    node.calls.tick(monotonic() + 11)
    await until(lambda: call.slots["customer"].finishing)
    await until(lambda: not call.slots["customer"].finishing)
    node.store.refused = None
    node.calls.tick(monotonic() + 11)
    await until(lambda: not call.slots)
    assert_gapless(await node.tiles(started.conversation_id), len(say(0)))
    await until(lambda: not (node.data_dir / "spool" / started.conversation_id).exists())


async def test_a_leg_whose_end_could_not_be_stored_can_go_on(node, monkeypatch):
    """It has not ended for anybody before that is stored."""
    monkeypatch.setattr("server.live.patience.STORE_PATIENCE", 0.1)
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: phone.done == 1)
    node.store.refused = LegEnded
    with pytest.raises(StoreAway):
        await call.end(phone, "stopped")
    node.store.refused = None
    again, resumed, phone = await node.open("call-1", token=started.resume_token)
    assert again is call and resumed.resume_from == len(say(0))
    await call.audio(audio(customer=say(1)), phone)
    await call.end(phone, "stopped")
    assert len(words(await node.tiles(started.conversation_id))) == 2


async def test_a_leg_is_not_ended_while_a_sender_takes_it_over(node, monkeypatch):
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: phone.done == 1)
    call.detach(phone)
    sync, entered, leave = LegSpool.sync, asyncio.Event(), asyncio.Event()
    leg = call.slots["customer"].live

    async def slowly():
        entered.set()
        await leave.wait()
        return sync(leg.spool)

    with monkeypatch.context() as patch:
        patch.setattr(leg, "sync", slowly)
        taking_over = asyncio.create_task(node.open("call-1", token=started.resume_token))
        await entered.wait()
        node.calls.tick(monotonic() + 11)
        await asyncio.sleep(0.02)
        leave.set()
        _, _, phone = await taking_over
    await call.audio(audio(customer=say(1)), phone)
    assert await call.end(phone, "stopped") == {"customer": len(say(0, 1))}


async def test_a_leg_that_nobody_could_take_is_ended(node, monkeypatch):
    """A failure while it is opened must not keep the call's place for ever."""
    with monkeypatch.context() as patch, pytest.raises(CallRefused) as refused:
        patch.setattr(LegSpool, "sync", full)
        await node.open("call-1", "left", "right")
    assert refused.value.code == "storage"
    assert node.calls.live == 1
    node.calls.tick(monotonic() + 11)
    await until(lambda: not any(call.slots for call in node.calls._calls.values()))
    node.calls.tick(monotonic())
    assert node.calls.live == 0


async def test_a_sender_refused_while_it_took_over_is_no_sender(node, monkeypatch):
    """It is gone and never says so again: its legs wait for another."""
    call, _, first = await node.open("call-1", "left", "right", resumable=False)
    await call.audio(audio(left=say(0), right=say(1)), first)
    await until(lambda: first.done == 1)
    call.detach(first)
    marked = []

    async def only_once(slot):
        marked.append(slot)
        if len(marked) == 2:
            raise StoreAway("away")

    with monkeypatch.context() as patch, pytest.raises(CallRefused):
        patch.setattr(call, "_mark_gap", only_once)
        await node.open("call-1", "left", "right", resumable=False)
    assert len(marked) == 2
    assert {slot.sender for slot in call.slots.values()} == {None}


async def test_a_leg_whose_start_was_not_stored_is_begun_again(node):
    call, started, left = await node.open("call-1", "left")
    node.store.away = True
    with pytest.raises(CallRefused):
        await node.open("call-1", "right", token=started.resume_token)
    node.store.away = False
    _, _, right = await node.open("call-1", "right", token=started.resume_token)
    await call.audio(audio(right=say(0)), right)
    await call.end(right, "stopped")
    await call.end(left, "stopped")
    assert len(words(await node.tiles(started.conversation_id, "right"))) == 1


async def test_a_boundary_is_stored_after_its_audio_is_safe(node, monkeypatch):
    """After a power cut decoding would go on beyond the end of the spool."""
    call, started, phone = await node.open("call-1")
    sync, safe = LegSpool.sync, [0]
    monkeypatch.setattr(LegSpool, "sync", lambda spool: safe.append(sync(spool)) or safe[-1])
    commit, boundaries = node.store.commit, []

    async def watched(events):
        boundaries.extend((p.payload.end_sample, safe[-1]) for p in events if hasattr(p.payload, "end_sample"))
        await commit(events)

    node.store.commit = watched
    await call.audio(audio(customer=say(0, 1)), phone)
    await until(lambda: phone.done == 1)
    assert len(boundaries) == 2 and all(end <= synced for end, synced in boundaries)
    assert len(await node.tiles(started.conversation_id)) == 2


async def test_what_is_acknowledged_is_on_disk(node):
    call, started, phone = await node.open("call-1")
    await call.audio(audio(customer=np.zeros(3000, np.int16)), phone)
    await call.acknowledge(phone)
    raw = node.data_dir / "spool" / started.conversation_id / "customer.raw"
    assert phone.acks == {"customer": 3000} and raw.stat().st_size == 6000


async def test_closing_while_legs_are_decoded(node):
    node.faults.seconds = 0.03
    call, started, phone = await node.open("call-1", "left", "right")
    await call.audio(audio(left=say(0), right=say(1)), phone)
    await until(node.faults.entered.is_set)
    await node.calls.close()
    assert node.faults.overlaps == 0
    for leg in ("left", "right"):
        LegSpool.open(node.data_dir, started.conversation_id, leg).close()


async def test_cutting_closes_the_utterance_and_says_so(node):
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0)[:8000]), phone)
    await call.cut(phone)
    await until(lambda: phone.done == 2)
    assert [(final.start_sample, final.end_sample) for final in phone.finals] == [(0, 8000)]
    await call.cut(Phone())
