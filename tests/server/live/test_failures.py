"""Disks, databases and clocks that fail for a while: calls catch up later, or are refused with a reason.

Each of these is a line of `docs/failures.md`.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, time

import pytest

from server import spool
from server.ids import new_id
from server.live.sender import CallRefused
from server.recordings import read_recording
from server.spool import StorageError
from server.store import Store, engine
from server.wire.events import LegGap
from tests.server.disks import Disk, locked, small_disk
from tests.server.live.parts import RATE, Node, assert_gapless, audio, say, until, words

SECOND = say(0)[:RATE]


async def heard_in_peace(node: Node, *seeds: int) -> list[tuple[int, int, str]]:
    """The tiles of a call to which nothing happens."""
    call, started, phone = await node.open(f"peace-{new_id()}")
    await call.audio(audio(customer=say(*seeds)), phone)
    await call.end(phone, "stopped")
    return await node.tiles(started.conversation_id)


# --- the disk


@pytest.fixture
async def on_disk(store: Store, tmp_path: Path) -> AsyncIterator[tuple[Node, Disk]]:
    """A node whose audio lies on a small disk, and its database elsewhere."""
    with small_disk(tmp_path / "disk") as disk:
        node = Node(disk.path, store)
        yield node, disk
        await node.crash()
        node.executor.shutdown()


async def test_on_a_full_disk_calls_go_on_from_memory_and_catch_up(on_disk: tuple[Node, Disk]) -> None:
    node, disk = on_disk
    undisturbed = await heard_in_peace(node, 0, 1, 2)
    call, started, phone = await node.open("call-1")
    other, other_started, other_phone = await node.open("call-2", resumable=False)
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: len(phone.finals) == 1)
    disk.fill()
    await call.audio(audio(customer=say(1, 2)), phone)
    await other.audio(audio(customer=say(0, 1, 2)), other_phone)
    await call.acknowledge(phone)
    await until(lambda: "customer" in phone.acks)
    assert phone.acks["customer"] < len(say(0, 1, 2)), "nothing is promised that is not safe"
    assert len(phone.finals) == 1 and other_phone.finals == [], "and no words of it are"
    disk.clear()
    await until(lambda: len(phone.finals) == len(other_phone.finals) == 3, 20)
    for one, who, began in ((call, phone, started), (other, other_phone, other_started)):
        assert await one.end(who, "stopped") == {"customer": len(say(0, 1, 2))}
        assert await node.tiles(began.conversation_id) == undisturbed
        recording = read_recording(node.data_dir, began.conversation_id, "customer")
        assert recording is not None and recording.samples == len(say(0, 1, 2))
    assert phone.failures == other_phone.failures == []


async def test_a_disk_that_stays_full_refuses_with_the_reason_and_leaves_a_gap(
    on_disk: tuple[Node, Disk], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, disk = on_disk
    monkeypatch.setattr(spool, "MEMORY_SECONDS", 2.0)
    call, started, phone = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=SECOND), phone)
    disk.fill()
    with pytest.raises(StorageError, match="for too long"):
        for _ in range(3):
            await call.audio(audio(customer=SECOND), phone)
    kept = call.slots["customer"].live.spool.samples
    last = monotonic()
    with pytest.raises(CallRefused) as refused:
        await node.open("call-2")
    assert refused.value.code == "storage"
    disk.clear()
    await asyncio.sleep(0.3)
    away = monotonic() - last
    _, _, phone = await node.open("call-1", token=started.resume_token, resumable=False)
    at_most = monotonic() - last
    await call.audio(audio(customer=SECOND[:80]), phone)
    await call.audio(audio(customer=SECOND), phone)
    await call.end(phone, "stopped")
    assert_gapless(await node.tiles(started.conversation_id), kept + 80 + len(SECOND))
    events = await node.store.events(started.conversation_id)
    (gap,) = [event.payload for event in events if isinstance(event.payload, LegGap)]
    assert (gap.start, gap.reason) == (kept / RATE, "sender lost")
    assert away - 0.2 < gap.missing < at_most + 0.2


async def test_recordings_wait_for_a_volume_that_cannot_be_written(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(node.data_dir / "recordings") as disk:
        disk.writable(False)
        call, started, phone = await node.open("call-1")
        await call.audio(audio(customer=say(0)), phone)
        await call.end(phone, "stopped")
        assert len(words(await node.tiles(started.conversation_id))) == 1
        assert "recording kept as raw audio" in caplog.text
        again, _, phone = await node.open("call-2")
        await again.audio(audio(customer=say(1)), phone)
        await again.end(phone, "stopped")
        assert len(phone.finals) == 1, "other calls do not mind"
        disk.writable(True)
        await node.recorder.recover()
        recording = read_recording(node.data_dir, started.conversation_id, "customer")
        assert recording is not None and recording.samples == len(say(0))
        assert not (node.data_dir / "spool" / started.conversation_id).exists()


# --- the database


@pytest.fixture
async def lockable(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    """A node whose database does not wait long for a lock."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    shutil.copy(template, tmp_path / "tici.db")
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'tici.db'}")
    node = Node(tmp_path, store)
    yield node
    await node.crash()
    node.executor.shutdown()
    await store.close()


async def test_a_database_that_another_process_locks(lockable: Node) -> None:
    node = lockable
    undisturbed = await heard_in_peace(node, 0, 1)
    call, started, phone = await node.open("call-1")
    other, _, other_phone = await node.open("call-2")
    with locked(node.data_dir / "tici.db"):
        await call.audio(audio(customer=say(0, 1)), phone)
        await other.audio(audio(customer=say(0, 1)), other_phone)
        with pytest.raises(CallRefused) as refused:
            await node.open("call-3")
        assert refused.value.code == "storage"
        assert phone.finals == other_phone.finals == []
    await until(lambda: len(phone.finals) == len(other_phone.finals) == 2, 20)
    await call.end(phone, "stopped")
    await other.end(other_phone, "stopped")
    assert await node.tiles(started.conversation_id) == undisturbed
    assert phone.failures == other_phone.failures == []


async def test_a_database_that_is_away_holds_no_sender_back(node: Node) -> None:
    """What is spooled is safe: there may be far more of it than a busy recogniser may be behind."""
    node.calls._room = replace(node.calls._room, max_lead=1.0)
    call, _, phone = await node.open("call-1")
    node.store.away = True
    for seed in range(4):
        await asyncio.wait_for(call.audio(audio(customer=say(seed)), phone), 10)
        if seed == 0:
            await until(lambda: call.slots["customer"].live._waiting)
    assert call.slots["customer"].live.spool.samples == len(say(0, 1, 2, 3))
    node.store.away = False
    await call.end(phone, "stopped")
    assert len(phone.finals) == 4


# --- the clock, and lines that say nothing


async def test_a_clock_that_is_set_back_moves_nothing_but_the_times_of_events(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, started, phone = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: len(phone.finals) == 1)
    for module in ("call", "leg", "conversations"):
        monkeypatch.setattr(f"server.live.{module}.time", lambda: time() - 3600)
    began = monotonic() - call._origin
    _, _, agent = await node.open("call-1", "agent", token=started.resume_token)
    assert call.live.session.state.legs["agent"].offset == pytest.approx(began, abs=0.5)
    await call.audio(audio(agent=say(1)[: round(1.2 * RATE)]), agent)
    live = call.slots["agent"].live
    await until(lambda: live.decoder.in_speech and live.lead == 0)
    call.tick(monotonic() + 3)
    await until(lambda: len(agent.finals) == 1)
    call.detach(phone)
    await asyncio.sleep(0.3)
    _, _, phone = await node.open("call-1", token=started.resume_token, resumable=False)
    await call.audio(audio(customer=say(2)[:80]), phone)
    call.detach(phone)
    node.calls.tick(monotonic() + 11)
    await until(lambda: "customer" not in call.slots)
    events = await node.store.events(started.conversation_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[-1].at < events[0].at
    (gap,) = [event.payload for event in events if isinstance(event.payload, LegGap)]
    assert 0.3 <= gap.missing <= monotonic() - call._origin


async def test_a_line_that_is_half_open_is_free_for_whoever_comes_back(node: Node) -> None:
    """Neither end was told that the connection is gone; a sender without a token has nothing but the call's name."""
    call, started, dead = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=SECOND), dead)
    with pytest.raises(CallRefused) as refused:
        await node.open("call-1", resumable=False)
    assert refused.value.code == "leg_busy", "it has just sent something"
    call.slots["customer"].live.last_audio -= 2.1
    call.slots["customer"].began -= 2.1
    _, _, alive = await node.open("call-1", resumable=False)
    assert dead.failures == ["superseded"]
    await call.audio(audio(customer=SECOND[:80]), alive)
    await call.audio(audio(customer=SECOND), dead)
    assert await call.end(alive, "stopped") == {"customer": len(SECOND) + 80}
    events = await node.store.events(started.conversation_id)
    (gap,) = [event.payload for event in events if isinstance(event.payload, LegGap)]
    assert gap.missing == pytest.approx(2.1, abs=0.5)
