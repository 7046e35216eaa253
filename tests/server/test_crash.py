"""Nothing heard is lost when the server is killed."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.server.killing import demo_call
from tests.server.killing_many import LIGHT, Floor
from tests.server.node import Node


@pytest.mark.timeout(600)
async def test_calls_survive_kill_9(tmp_path: Path, models_dir: Path, pack_dir: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    calls = {"lost_card": demo_call(pack_dir / "calls", "lost_card").lasting(20)}
    node = Node(tmp_path / "data", models_dir, LIGHT)
    node.launch()
    try:
        await asyncio.to_thread(node.wait_ready)
        floor = await Floor.opened(node, calls, 1.5, models_dir)
        moments = [chance.uniform(1, 5), chance.uniform(1, 5)]
        kills, measured = await floor.through_kills("disturbed", moments, undeclared=False, tolerance=2.0)
        print(measured)
        assert kills == len(moments), "the calls were over before the kill"
        assert len(node.rows("select leg from recording")) == 2 * 2 + 2
    finally:
        node.stop()
