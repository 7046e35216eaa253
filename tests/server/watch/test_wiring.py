"""What happens on a node arrives in its metrics."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.live.sender import CallRefused
from server.store import Store
from server.watch.metrics import Metrics
from tests.server.live.parts import Node, audio, say


@pytest.fixture
async def node(template: Path, tmp_path: Path) -> AsyncIterator[Node]:
    shutil.copy(template, tmp_path / "tici.db")
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'tici.db'}")
    made = Node(tmp_path, store, max_calls=1)
    yield made
    await made.crash()
    made.executor.shutdown()
    await store.close()


def count(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"tici_{name}", labels) or 0.0


async def test_finals_and_refusals_are_counted(node: Node) -> None:
    metrics = node.calls._room.metrics
    call, _, phone = await node.open("call-1")
    await call.audio(audio(customer=say(1, 2)), phone)
    assert (node.calls.room, node.calls.has_room) == (0, False)
    for _ in range(2):
        with pytest.raises(CallRefused):
            await node.open("call-2")
    assert count(metrics, "refusals_total", reason="overloaded") == 2
    assert metrics.refusals.last_hour() == {"overloaded": 2}
    await call.end(phone, "stopped")
    assert len(metrics.recent("final")) == len(phone.finals) == 2


async def test_writes_are_timed(node: Node) -> None:
    metrics = Metrics()
    node.store.watch_writes(metrics.wrote)
    await node.open("call-1")
    assert count(metrics, "write_seconds_count") >= 1
    assert node.store.waiting_writes == 0
