"""What a node reckons its calls to cost, and the room it finds."""

import pytest

from server.live.capacity import SETTLING, Capacity, Carried, Tick
from server.live.cores import usable_cores
from server.live.pressure import EASY, SPARSEST, thinned

THREADS = 2.0


def capacity(cost: float = 0.08, load: float = 0.8) -> Capacity:
    return Capacity(THREADS, cost, load)


def settled(legs: int = 2) -> Carried:
    return Carried(SETTLING + 1, legs)


def carry(node: Capacity, calls: list[Carried], cost: float, seconds: float, behind: float = 0.0) -> None:
    """So many seconds with these calls, each leg of which costs so much."""
    legs = sum(call.legs for call in calls)
    for _ in range(round(seconds / 0.5)):
        node.measure(Tick(0.5, 0.5 * legs * cost, 0.5 * legs, behind))


def admitted(node: Capacity, offered: int) -> list[Carried]:
    """Calls that arrive all at once, before anything could be measured."""
    taken: list[Carried] = []
    for _ in range(offered):
        if node.room(taken):
            taken.append(Carried(0.0, 0))
    return taken


def test_a_burst_of_arrivals_gets_no_more_than_the_room_that_was_told():
    node = capacity()
    told = node.room([])
    assert told > 2
    assert len(admitted(node, 3 * told)) == told


def test_calls_that_arrive_at_once_fit_if_each_costs_what_is_known():
    node = capacity(cost=0.08)
    assert len(admitted(node, 100)) * 2 * 0.08 <= 0.8 * THREADS


def test_dearer_calls_leave_less_room():
    node, calls = capacity(), [settled()] * 4
    before = node.room(calls)
    carry(node, calls, cost=0.16, seconds=120)
    assert node.room(calls) < before
    assert node.cost == pytest.approx(0.16, rel=0.1)


def test_cheaper_calls_leave_more_room_but_not_without_end():
    node, calls = capacity(), [settled()] * 4
    before = node.room(calls)
    carry(node, calls, cost=0.06, seconds=300)
    assert node.room(calls) > before
    carry(node, calls, cost=0.0, seconds=600)
    assert node.cost == pytest.approx(0.04)


def test_load_that_shows_counts_even_if_the_calls_are_cheap_on_the_average():
    node, calls = capacity(), [settled()] * 5
    carry(node, calls, cost=0.05, seconds=300)
    assert node.room(calls) > 0
    carry(node, calls, cost=0.17, seconds=10)
    assert node.room(calls) == 0


def test_nothing_is_admitted_while_decoding_is_behind():
    node, calls = capacity(), [settled()]
    carry(node, calls, cost=0.08, seconds=5, behind=1.0)
    assert node.room(calls) == 0
    carry(node, calls, cost=0.08, seconds=5)
    assert node.room(calls) > 0


def test_a_burst_is_pressure_and_passes():
    node, calls = capacity(), [settled()] * 4
    carry(node, calls, cost=0.08, seconds=20)
    assert not node.pressed
    carry(node, calls, cost=0.24, seconds=20)
    assert node.pressed and node.room(calls) == 0
    carry(node, calls, cost=0.08, seconds=20)
    assert not node.pressed


def test_an_idle_node_takes_a_call_however_slow_it_is():
    node = capacity(cost=5.0)
    assert node.room([]) == 1
    assert node.room([Carried(0.0, 0)]) == 0


def test_a_call_is_reckoned_dearer_until_its_load_shows():
    node = capacity()
    assert node.room([Carried(0.0, 2)] * 5) < node.room([settled()] * 5)


def test_a_call_of_one_leg_is_cheaper_once_that_is_known():
    node = capacity()
    assert node.room([settled(1)] * 5) > node.room([settled(2)] * 5)


def test_trials_of_an_idle_node_take_the_place_of_what_was_measured():
    node = capacity()
    carry(node, [settled()] * 4, cost=0.08, seconds=300)
    for _ in range(8):
        node.expect(0.3)
    assert node.cost == pytest.approx(0.3, rel=0.05)
    assert node.room([]) < capacity().room([])


def test_a_tick_without_time_changes_nothing():
    node = capacity()
    node.measure(Tick(0.0, 1.0, 1.0, 9.0))
    assert (node.cost, node.busy) == (0.08, 0.0)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "50000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_a_container_s_quota_is_what_it_may_use(tmp_path, monkeypatch, files, cores):
    monkeypatch.setattr("server.live.cores.os.sched_getaffinity", lambda _: {0, 1, 2})
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cores(tmp_path) == (cores or 3.0)


def test_interims_thin_out_as_decoding_falls_behind_and_never_stop():
    assert thinned(0.2, 0.0) == thinned(0.2, EASY) == 0.2
    assert 0.2 < thinned(0.2, 2 * EASY) < thinned(0.2, 4 * EASY) <= SPARSEST
    assert thinned(0.2, 60.0) == SPARSEST
    assert thinned(2.0, 60.0) == 2.0
