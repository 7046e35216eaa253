"""How often is too often."""

import pytest

from server.pace import NAMES, Attempts, Locked, Lockout, Pace


def test_a_burst_and_then_a_rate() -> None:
    pace = Pace(rate=5, burst=20)
    assert [pace.take("a", 0.0) for _ in range(21)] == [True] * 20 + [False]
    assert pace.take("b", 0.0)
    assert [pace.take("a", 1.0) for _ in range(6)] == [True] * 5 + [False]


def test_five_failures_in_a_row_are_followed_by_a_wait() -> None:
    lockout = Lockout(most=2, seconds=10)
    failures = lockout.begin(lockout.begin((0, None), 0.0), 4.0)
    with pytest.raises(Locked) as locked:
        lockout.begin(failures, 5.0)
    assert locked.value.wait == 9.0
    assert lockout.begin(failures, 14.0) == (1, None), "after the wait the count begins again"


def test_a_lock_outlasts_attempts_while_it_holds() -> None:
    attempts, lockout = Attempts(), Lockout(most=1, seconds=10)
    attempts.begin("a", lockout, 0.0)
    for at in (1.0, 2.0):
        with pytest.raises(Locked):
            attempts.begin("a", lockout, at)
    attempts.begin("b", lockout, 2.0)
    attempts.begin("a", lockout, 10.0)


def test_memory_is_bounded() -> None:
    pace, attempts = Pace(), Attempts()
    for i in range(NAMES + 10):
        pace.take(str(i), 0.0)
        attempts.begin(str(i), Lockout(), 0.0)
    assert len(pace._used) == len(attempts._failures) == NAMES
