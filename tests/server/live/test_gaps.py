"""Audio that stops: the utterance is closed by the clock, and what was left out is kept with its length and reason."""

import os
from dataclasses import replace
from time import time

import pytest

from server.live import call as calls
from server.live import conversations, leg
from server.live import slot as slots
from server.wire.events import LegGap
from tests.server.live.parts import RATE, Node, audio, say, until

STEP = 0.05


class Clock:
    """The node's clock: goes on when the test says so, and so does not mind a busy machine."""

    def __init__(self) -> None:
        self.now = time()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (calls, conversations, leg):
        monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def quick(clock: Clock, node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A pause of 0.2 s is a stall."""
    node.calls._room = replace(node.calls._room, stall_seconds=0.2)
    monkeypatch.setattr(slots, "SETTLE_SECONDS", 0.3)
    return node


async def stream(clock: Clock, call, phone, samples, pace: float = STEP) -> None:
    """Send audio as a phone does."""
    for start in range(0, len(samples), round(STEP * RATE)):
        await call.audio(audio(customer=samples[start : start + round(STEP * RATE)]), phone)
        clock.wait(pace)


async def gaps(node: Node, call) -> list[LegGap]:
    events = await node.store.events(call.live.conversation_id)
    return [event.payload for event in events if isinstance(event.payload, LegGap)]


async def test_a_sender_that_stalled_and_left_the_time_out(quick: Node, clock: Clock) -> None:
    call, _, phone = await quick.open("call-1")
    heard = say(0)
    await stream(clock, call, phone, heard[: RATE // 2])
    where = call.slots["customer"].live.spool.samples / RATE
    clock.wait(1.0)
    await stream(clock, call, phone, heard[RATE // 2 : RATE])
    call.tick(clock() + 1)
    await until(lambda: not call._finishing)
    (gap,) = await gaps(quick, call)
    assert (gap.leg, gap.reason, gap.start, gap.end) == ("customer", "stalled", where, where)
    assert 0.6 < gap.missing < 1.5
    assert call.live.session.state.clock("customer", 0.9) == pytest.approx(0.9 + gap.missing)
    await call.end(phone, "stopped")
    assert len(await gaps(quick, call)) == 1


async def test_a_gap_is_kept_even_if_the_call_ends_at_once(quick: Node, clock: Clock) -> None:
    call, _, phone = await quick.open("call-1")
    await stream(clock, call, phone, say(0)[: RATE // 4])
    clock.wait(0.9)
    await call.audio(audio(customer=say(1)[:800]), phone)
    await call.end(phone, "stopped")
    assert [gap.reason for gap in await gaps(quick, call)] == ["stalled"]


async def test_audio_that_was_only_late_is_no_gap(quick: Node, clock: Clock) -> None:
    call, _, phone = await quick.open("call-1")
    heard = say(0, 1)
    await stream(clock, call, phone, heard[: RATE // 2])
    clock.wait(0.8)
    await call.audio(audio(customer=heard[RATE // 2 : RATE // 2 + RATE]), phone)
    await call.end(phone, "stopped")
    assert await gaps(quick, call) == []


async def test_ordinary_audio_has_no_gaps(quick: Node, clock: Clock) -> None:
    call, _, phone = await quick.open("call-1")
    await stream(clock, call, phone, say(0)[: RATE // 2])
    await call.end(phone, "stopped")
    assert await gaps(quick, call) == []


async def test_a_sender_that_was_lost_and_cannot_repeat(node: Node, clock: Clock) -> None:
    call, started, phone = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=say(0)), phone)
    call.detach(phone)
    clock.wait(0.2)
    await node.open("call-1", token=started.resume_token, resumable=False)
    (gap,) = await gaps(node, call)
    assert (gap.reason, gap.start == gap.end, gap.missing >= 0.2) == ("sender lost", True, True)


async def back(clock: Clock, node: Node, call, started, phone, seconds: float = 1.3):
    """The sender is lost for a while; another one goes on."""
    call.detach(phone)
    clock.wait(seconds)
    call, _, phone = await node.open("call-1", token=started.resume_token)
    return call, phone


async def test_an_outage_after_which_the_sender_goes_on_with_what_is_said_now(quick: Node, clock: Clock) -> None:
    call, started, phone = await quick.open("call-1")
    await stream(clock, call, phone, say(0)[: RATE // 2])
    call, phone = await back(clock, quick, call, started, phone)
    await stream(clock, call, phone, say(1)[: RATE * 3 // 2])
    call.tick(clock())
    call.tick(clock() + 1)
    await stream(clock, call, phone, say(1)[: RATE * 3 // 2])
    call.tick(clock() + 2)
    await until(lambda: not call._finishing)
    (gap,) = await gaps(quick, call)
    assert (gap.reason, gap.start, gap.end) == ("sender lost", 0.5, 0.5)
    assert gap.missing == pytest.approx(1.4, abs=0.5)


async def test_an_outage_whose_audio_is_repeated_leaves_no_gap(quick: Node, clock: Clock) -> None:
    call, started, phone = await quick.open("call-1")
    await stream(clock, call, phone, say(0)[: RATE // 2])
    call, phone = await back(clock, quick, call, started, phone)
    for _ in range(3):
        await stream(clock, call, phone, say(1), pace=0.005)
        call.tick(clock())
    await stream(clock, call, phone, say(2))
    call.tick(clock())
    await until(lambda: not call._finishing)
    await call.end(phone, "stopped")
    assert await gaps(quick, call) == []


async def test_an_outage_with_a_restart_in_it(quick: Node, clock: Clock) -> None:
    call, started, phone = await quick.open("call-1")
    await stream(clock, call, phone, say(0)[: RATE // 2])
    before = quick.calls._room
    await quick.crash()
    for spool in quick.data_dir.rglob("*"):  # tells when audio came in last
        os.utime(spool, (clock(), clock()))
    clock.wait(1.3)
    again = Node(quick.data_dir, quick.store._store)
    assert before is not again.calls._room
    await again.recover()
    call, _, phone = await again.open("call-1", token=started.resume_token)
    for _ in range(2):
        await stream(clock, call, phone, say(1)[: RATE * 3 // 2])
        call.tick(clock())
    await until(lambda: not call._finishing)
    (gap,) = await gaps(again, call)
    assert (gap.reason, gap.start) == ("sender lost", 0.5)
    assert gap.missing == pytest.approx(1.4, abs=0.6)
    await again.crash()
