"""Calls of a node that measures what they cost: who is admitted, and who is told that it is late."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from server.live import pressure
from server.live.capacity import Capacity
from server.live.conversation import Lag, conversation_topic
from server.live.load import LoadMeter
from server.live.threads import DecoderThreads
from tests.server.live.parts import CHUNK, RATE, Node, audio, say, until
from tests.server.live.test_calls import refusal

THREADS = 2
PATIENCE = 30.0
ROOM = 5
COST = 0.8 * THREADS / (ROOM + 0.5) / 2 / 1.2
"""With this cost of a leg there is room for so many new calls."""


def measuring(node: Node, cost: float = COST, threads: int = THREADS) -> LoadMeter:
    """The node decodes on threads that are watched."""
    watched = DecoderThreads(threads)
    meter = LoadMeter(Capacity(threads, cost, 0.8), watched)
    node.executor.shutdown()
    node.executor = watched
    object.__setattr__(node.calls._room, "executor", watched)
    object.__setattr__(node.calls._room, "load", meter)
    return meter


async def test_of_three_times_too_many_calls_exactly_those_are_taken_that_there_is_room_for(node):
    measuring(node)
    node.calls._max_calls = 0
    assert node.calls.room == ROOM
    offered = await asyncio.gather(*(node.open(f"call-{n}") for n in range(3 * ROOM)), return_exceptions=True)
    refused = [error.code for error in offered if isinstance(error, Exception)]
    assert refused == ["overloaded"] * (2 * ROOM)
    assert node.calls.live == ROOM and node.calls.room == 0


async def test_a_fixed_number_limits_what_is_measured(node):
    measuring(node)
    node.calls._max_calls = 2
    assert node.calls.room == 2


async def test_no_call_that_is_open_is_ever_refused_a_sender(node):
    measuring(node, cost=5.0)
    _, started, _ = await node.open("call-1", "left")
    assert await refusal(node.open("call-2")) == "overloaded"
    await node.open("call-1", "right")
    await node.open("call-1", "left", token=started.resume_token)
    assert await node.calls.has_place_for("call-1")
    assert not await node.calls.has_place_for("call-2")


async def test_every_call_of_a_crashed_node_comes_back_though_there_is_no_room_for_all(node, store):
    tokens = {}
    for name in ("call-1", "call-2", "call-3"):
        call, started, phone = await node.open(name)
        await call.audio(audio(customer=say(0)[:4000]), phone)
        tokens[name] = started.resume_token
    await node.crash()
    again = Node(node.data_dir, store)
    measuring(again, cost=5.0)
    await again.recover()
    assert again.calls.room == 0
    for name, token in tokens.items():
        await again.open(name, token=token)
    assert again.calls.live == 3
    await again.crash()


async def test_an_idle_node_tries_how_fast_it_is_and_a_busy_one_does_not(node):
    meter = measuring(node)
    trials = []

    def trial() -> float:
        trials.append(0.5)
        if len(trials) > 1:
            raise RuntimeError("no recognizer")
        return 0.5

    meter._trial = trial
    now = monotonic()
    node.calls.tick(now)
    await until(lambda: meter.capacity.cost == 0.5, PATIENCE)
    node.calls.tick(now + 1)
    node.calls.tick(now + 100)
    await until(lambda: len(trials) == 2, PATIENCE)
    await node.open("call-1")
    node.calls.tick(now + 300)
    assert (meter.capacity.cost, len(trials)) == (0.5, 2)


async def test_what_decoding_takes_is_measured(node):
    meter = measuring(node)
    node.faults.seconds = 0.02
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(0, 1)), phone)
    await call.end(phone, "stopped")
    assert meter._threads.worked > 0.02 * node.faults.calls
    again, _, phone = await node.open("call-2")
    node.calls.tick(monotonic())
    before = meter.capacity.busy
    await again.audio(audio(customer=say(0)), phone)
    await until(lambda: again.slots["customer"].live.lead == 0, PATIENCE)
    node.calls.tick(monotonic())
    assert meter.capacity.busy > before


async def test_whoever_watches_is_told_of_a_lag_until_it_is_over(node, monkeypatch):
    monkeypatch.setattr("server.live.conversation.SHOWN", 0.05)
    call, started, phone = await node.open("call-1")
    told = []
    subscription = node.hub.subscribe(conversation_topic(started.conversation_id))

    async def watch() -> None:
        async for _, message in subscription:
            if isinstance(message, Lag):
                told.append(message.seconds)

    watching = asyncio.create_task(watch())
    gate = threading.Event()
    held = [node.executor.submit(gate.wait) for _ in range(2)]
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: call.slots["customer"].live.behind > 0.1, PATIENCE)
    node.calls.tick(monotonic())
    await until(lambda: bool(told), PATIENCE)
    assert told[0] >= 0.1
    gate.set()
    await asyncio.gather(*map(asyncio.wrap_future, held))
    await until(lambda: call.slots["customer"].live.behind == 0, PATIENCE)
    node.calls.tick(monotonic())
    node.calls.tick(monotonic())
    await until(lambda: told[-1] == 0, PATIENCE)
    assert told.count(0) == 1
    watching.cancel()


async def test_whoever_watches_is_told_that_the_senders_are_gone_until_one_is_back(node):
    call, started, phone = await node.open("call-1", "left", "right")
    subscription = node.hub.subscribe(conversation_topic(started.conversation_id))
    told = []

    async def watch() -> None:
        async for _, message in subscription:
            if isinstance(message, Lag):
                told.append(message.away)

    watching = asyncio.create_task(watch())
    node.calls.tick(monotonic())
    call.detach(phone)
    node.calls.tick(monotonic())
    await until(lambda: told == [True], PATIENCE)
    await node.open("call-1", "left", token=started.resume_token)
    node.calls.tick(monotonic())
    await until(lambda: told == [True, False], PATIENCE)
    watching.cancel()


async def test_a_leg_far_behind_does_not_starve_the_others(node):
    measuring(node, threads=1)
    node.faults.seconds = 0.01
    behind, _, far = await node.open("call-1")
    await behind.audio(audio(customer=say(*range(14))), far)
    live, _, near = await node.open("call-2")
    heard = say(1)
    for start in range(0, len(heard), CHUNK * 5):
        await live.audio(audio(customer=heard[start : start + CHUNK * 5]), near)
    await until(lambda: bool(near.finals), PATIENCE)
    assert behind.slots["customer"].live.lead > 10


async def test_a_leg_that_is_late_has_fewer_interims_and_the_same_finals(node, monkeypatch):
    def count(call) -> tuple[int, list[str]]:
        return interims[call], [final.text for final in phones[call].finals]

    interims: dict[str, int] = {}
    phones = {}
    for name, easy in (("early", 1e9), ("late", -1.0)):
        monkeypatch.setattr(pressure, "EASY", abs(easy) * 1e-9 if easy < 0 else easy)
        call, _, phones[name] = await node.open(name)
        heard = []
        phones[name].interim = heard.append
        await call.audio(audio(customer=say(0, 1)), phones[name])
        await call.end(phones[name], "stopped")
        interims[name] = len(heard)
    early, late = count("early"), count("late")
    assert late[0] < early[0]
    assert late[1] == early[1]


@pytest.mark.parametrize("fails", [False, True])
def test_threads_count_the_time_they_work(fails):
    def work() -> None:
        entered.set()
        gate.wait()
        if fails:
            raise ValueError

    entered, gate = threading.Event(), threading.Event()
    threads = DecoderThreads(1)
    done = threads.submit(work)
    assert entered.wait(5)
    first = threads.worked
    while threads.worked <= first:
        pass
    gate.set()
    assert isinstance(done.exception(), ValueError) is fails
    finished = threads.worked
    threads.submit_uncounted(lambda: None).result()
    assert threads.worked == finished > 0
    threads.shutdown()


async def test_many_short_calls_leave_nothing_behind(node):
    """No task, thread, file or recognizer more after many calls than after a few."""

    async def calls(first: int, count: int) -> None:
        for n in range(first, first + count):
            call, _, phone = await node.open(f"call-{n}", "left", "right")
            samples = np.concatenate([say(0), np.zeros(RATE // 2, np.int16)])
            await call.audio(audio(left=samples, right=np.zeros_like(samples)), phone)
            await call.end(phone, "stopped")
            node.calls.forget_if_idle(call)

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(2))
    both = threading.Barrier(2)
    await asyncio.gather(*(loop.run_in_executor(None, both.wait, 10) for _ in range(2)))
    await calls(0, 10)
    await until(lambda: node.calls.live == 0, PATIENCE)
    before = _counts(node)
    await calls(10, 30)
    await until(lambda: node.calls.live == 0 and _counts(node)[0] <= before[0], PATIENCE)
    assert _counts(node) <= before


def _counts(node: Node) -> tuple[int, int, int, int]:
    files = len(list(Path("/proc/self/fd").iterdir()))
    pool = node.calls.pools["zh"]
    return len(asyncio.all_tasks()), threading.active_count(), files, pool.idle


async def test_other_languages_are_tried_only_while_there_is_time_for_it(node, monkeypatch):
    tried = []
    monkeypatch.setattr("server.live.noticing.LanguageWatch.heard", lambda self, final: tried.append(final.text))
    meter = measuring(node)
    call, _, phone = await node.open("call-1")
    monkeypatch.setattr(Capacity, "pressed", True)
    await call.audio(audio(customer=say(0)), phone)
    await until(lambda: len(phone.finals) == 1, PATIENCE)
    monkeypatch.setattr(Capacity, "pressed", False)
    await call.audio(audio(customer=say(1)), phone)
    await until(lambda: len(phone.finals) == 2, PATIENCE)
    await until(lambda: bool(tried), PATIENCE)
    assert tried == [phone.finals[1].text] and not meter.capacity.pressed
