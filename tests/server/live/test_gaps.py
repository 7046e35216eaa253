"""Audio that stops: the utterance is closed by the clock, and what was left out is kept with its length and reason."""

import asyncio
from time import monotonic

import pytest

from server.live import slot as slots
from server.wire.events import LegGap
from tests.server.live.parts import RATE, Node, audio, say, until

STEP = 0.05


@pytest.fixture
def quick(node: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """A pause of 0.2 s is a stall."""
    from dataclasses import replace

    node.calls._room = replace(node.calls._room, stall_seconds=0.2)
    monkeypatch.setattr(slots, "SETTLE_SECONDS", 0.3)
    return node


async def stream(call, phone, samples, pace: float = STEP) -> None:
    """Send audio as a phone does."""
    for start in range(0, len(samples), round(STEP * RATE)):
        await call.audio(audio(customer=samples[start : start + round(STEP * RATE)]), phone)
        await asyncio.sleep(pace)


async def gaps(node: Node, call) -> list[LegGap]:
    events = await node.store.events(call.live.conversation_id)
    return [event.payload for event in events if isinstance(event.payload, LegGap)]


async def test_a_sender_that_stalled_and_left_the_time_out(quick: Node) -> None:
    call, _, phone = await quick.open("call-1")
    heard = say(0)
    await stream(call, phone, heard[: RATE // 2])
    where = call.slots["customer"].live.spool.samples / RATE
    await asyncio.sleep(1.0)
    await stream(call, phone, heard[RATE // 2 : RATE])
    call.tick(monotonic() + 1)
    await until(lambda: not call._finishing)
    (gap,) = await gaps(quick, call)
    assert (gap.leg, gap.reason, gap.start, gap.end) == ("customer", "stalled", where, where)
    assert 0.6 < gap.missing < 1.5
    assert call.live.session.state.clock("customer", 0.9) == pytest.approx(0.9 + gap.missing)
    await call.end(phone, "stopped")
    assert len(await gaps(quick, call)) == 1


async def test_a_gap_is_kept_even_if_the_call_ends_at_once(quick: Node) -> None:
    call, _, phone = await quick.open("call-1")
    await stream(call, phone, say(0)[: RATE // 4])
    await asyncio.sleep(0.9)
    await call.audio(audio(customer=say(1)[:800]), phone)
    await call.end(phone, "stopped")
    assert [gap.reason for gap in await gaps(quick, call)] == ["stalled"]


async def test_audio_that_was_only_late_is_no_gap(quick: Node) -> None:
    call, _, phone = await quick.open("call-1")
    heard = say(0, 1)
    await stream(call, phone, heard[: RATE // 2])
    await asyncio.sleep(0.8)
    await call.audio(audio(customer=heard[RATE // 2 : RATE // 2 + RATE]), phone)
    await call.end(phone, "stopped")
    assert await gaps(quick, call) == []


async def test_ordinary_audio_has_no_gaps(quick: Node) -> None:
    call, _, phone = await quick.open("call-1")
    await stream(call, phone, say(0)[: RATE // 2])
    await call.end(phone, "stopped")
    assert await gaps(quick, call) == []


async def test_a_sender_that_was_lost_and_cannot_repeat(node: Node) -> None:
    """From the last audio to the first that comes again, less its own length; not from when the loss was noticed."""
    call, started, phone = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=say(0)), phone)
    last = monotonic()
    await asyncio.sleep(0.3)
    call.detach(phone)
    await asyncio.sleep(0.2)
    away = monotonic() - last
    _, _, phone = await node.open("call-1", token=started.resume_token, resumable=False)
    at_most = monotonic() - last
    assert await gaps(node, call) == [], "who knows when audio comes again"
    await call.audio(audio(customer=say(1)[: RATE // 10]), phone)
    (gap,) = await gaps(node, call)
    assert (gap.reason, gap.start, gap.end) == ("sender lost", 2.0, 2.0)
    assert away - 0.2 < gap.missing < at_most
    await call.audio(audio(customer=say(1)), phone)
    assert len(await gaps(node, call)) == 1


async def test_a_gap_whose_sender_was_lost_again_before_it_sent_anything(node: Node) -> None:
    call, started, phone = await node.open("call-1", resumable=False)
    await call.audio(audio(customer=say(0)), phone)
    last = monotonic()
    for _ in range(2):
        call.detach(phone)
        await asyncio.sleep(0.2)
        away = monotonic() - last
        _, _, phone = await node.open("call-1", token=started.resume_token, resumable=False)
    at_most = monotonic() - last
    await call.audio(audio(customer=say(1)[: RATE // 100]), phone)
    (gap,) = await gaps(node, call)
    assert away - 0.1 < gap.missing < at_most


async def back(node: Node, call, started, phone, seconds: float = 1.3):
    """The sender is lost for a while; another one goes on."""
    call.detach(phone)
    await asyncio.sleep(seconds)
    call, _, phone = await node.open("call-1", token=started.resume_token)
    return call, phone


async def test_an_outage_after_which_the_sender_goes_on_with_what_is_said_now(quick: Node) -> None:
    call, started, phone = await quick.open("call-1")
    await stream(call, phone, say(0)[: RATE // 2])
    call, phone = await back(quick, call, started, phone)
    await stream(call, phone, say(1)[: RATE * 3 // 2])
    call.tick(monotonic())
    call.tick(monotonic() + 1)
    await stream(call, phone, say(1)[: RATE * 3 // 2])
    call.tick(monotonic() + 2)
    await until(lambda: not call._finishing)
    (gap,) = await gaps(quick, call)
    assert (gap.reason, gap.start, gap.end) == ("sender lost", 0.5, 0.5)
    assert gap.missing == pytest.approx(1.4, abs=0.5)


async def test_an_outage_whose_audio_is_repeated_leaves_no_gap(quick: Node) -> None:
    call, started, phone = await quick.open("call-1")
    await stream(call, phone, say(0)[: RATE // 2])
    call, phone = await back(quick, call, started, phone)
    for _ in range(3):
        await stream(call, phone, say(1), pace=0.005)
        call.tick(monotonic())
    await stream(call, phone, say(2))
    call.tick(monotonic())
    await until(lambda: not call._finishing)
    await call.end(phone, "stopped")
    assert await gaps(quick, call) == []


async def test_an_outage_with_a_restart_in_it(quick: Node) -> None:
    begun = monotonic()
    call, started, phone = await quick.open("call-1")
    await stream(call, phone, say(0)[: RATE // 2])
    before = quick.calls._room
    await quick.crash()
    await asyncio.sleep(1.3)
    again = Node(quick.data_dir, quick.store._store)
    assert before is not again.calls._room
    await again.recover()
    call, _, phone = await again.open("call-1", token=started.resume_token)
    for _ in range(2):
        await stream(call, phone, say(1)[: RATE * 3 // 2])
        call.tick(monotonic())
    await until(lambda: not call._finishing)
    (gap,) = await gaps(again, call)
    assert (gap.reason, gap.start) == ("sender lost", 0.5)
    late = monotonic() - begun - 3.5  # this test's own slowness included
    assert 1.2 < gap.missing < late + 0.3
    await again.crash()


async def test_no_utterance_goes_on_over_a_gap_also_when_it_is_decoded_again(node: Node) -> None:
    """A call that is killed before anybody decoded what lies beside the gap is cut at the same place."""
    node.faults.at_shouts = True
    call, started, phone = await node.open("call-1", resumable=False)
    heard = say(0)[: round(0.9 * RATE)] * 8  # nothing of it is decoded here
    await call.audio(audio(customer=heard), phone)
    call.detach(phone)
    await asyncio.sleep(0.3)
    call, _, phone = await node.open("call-1", token=started.resume_token, resumable=False)
    for part in (heard[:800], heard[800:]):
        await call.audio(audio(customer=part), phone)
    await until(lambda: call.live.session.state.legs["customer"].left_out != [])
    await node.crash()
    again = Node(node.data_dir, node.store._store)
    await again.recover()
    call, _, phone = await again.open("call-1", token=started.resume_token, resumable=False)
    await call.end(phone, "stopped")
    assert len(heard) in [end for _, end, _ in await again.tiles(started.conversation_id)]
    await again.crash()
