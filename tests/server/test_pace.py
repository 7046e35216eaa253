"""How often is too often."""

from server.pace import NAMES, Attempts, Pace


def test_a_burst_and_then_a_rate() -> None:
    pace = Pace(rate=5, burst=20)
    assert [pace.take("a", 0.0) for _ in range(21)] == [True] * 20 + [False]
    assert pace.take("b", 0.0)
    assert [pace.take("a", 1.0) for _ in range(6)] == [True] * 5 + [False]


def test_failures_are_forgotten_with_time() -> None:
    attempts = Attempts(most=2, seconds=10)
    assert [attempts.begin("a", at) for at in (0.0, 4.0, 5.0)] == [0.0, 0.0, 5.0]
    assert attempts.begin("a", 10.5) == 0.0
    attempts.forget("a")
    assert attempts.begin("a", 10.5) == 0.0


def test_memory_is_bounded() -> None:
    pace, attempts = Pace(), Attempts()
    for i in range(NAMES + 10):
        pace.take(str(i), 0.0)
        attempts.begin(str(i), 0.0)
    assert len(pace._used) == len(attempts._begun) == NAMES
