"""Recognizers in their pool: who gets which, and when they go."""

from time import monotonic

import pytest

from asr import memory
from asr.pool import UNUSED_SECONDS, RecognizerPool
from tests.asr.fakes import FakeModel


@pytest.fixture
def trims(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often memory was given back."""
    calls: list[int] = []
    monkeypatch.setattr("asr.pool.give_back", lambda: calls.append(1))
    return calls


def test_the_one_used_last_is_leased_first():
    pool = RecognizerPool(FakeModel())
    first, second = pool.acquire(), pool.acquire()
    pool.release(first)
    pool.release(second)
    assert pool.acquire() is second and pool.acquire() is first


def test_those_that_nobody_needed_are_freed_but_for_a_few(trims):
    pool = RecognizerPool(FakeModel(), keep=2)
    leased = [pool.acquire() for _ in range(6)]
    for recognizer in leased:
        pool.release(recognizer)
    assert pool.shrink(monotonic()) == 0 and trims == []
    assert pool.shrink(monotonic() + UNUSED_SECONDS + 1) == 4
    assert pool.idle == 2 and trims == [1]
    assert pool.acquire() is leased[-1]
    assert pool.shrink(monotonic() + UNUSED_SECONDS + 1) == 0


def test_a_worn_one_does_not_come_back_and_its_memory_does(trims):
    pool = RecognizerPool(FakeModel())
    recognizer = pool.acquire()
    recognizer.worn = True
    pool.release(recognizer)
    assert pool.idle == 0
    pool.shrink(monotonic())
    pool.shrink(monotonic())
    assert trims == [1]
    assert pool.acquire() is not recognizer


def test_warming_makes_up_what_is_missing():
    model = FakeModel()
    pool = RecognizerPool(model)
    pool.warm(2)
    pool.warm(2)
    assert pool.idle == 2 and len(model.made) == 2


def test_memory_is_given_back_where_the_c_library_can(monkeypatch):
    memory.give_back()
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    memory._malloc_trim.cache_clear()
    memory.give_back()
    memory._malloc_trim.cache_clear()
