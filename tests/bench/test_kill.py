"""kill -9 at 50 random moments while several calls go on: nothing heard is lost, nothing committed changes."""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.server.killing import demo_call
from tests.server.killing_many import LIGHT, Floor
from tests.server.node import Node

pytestmark = pytest.mark.bench
KILLS = int(os.environ.get("TICI_BENCH_KILLS", "50"))
CALLS = ("early_repayment", "lost_card", "phishing_and_login")


@pytest.mark.timeout(3600)
async def test_fifty_kills(tmp_path: Path, models_dir: Path, pack_dir: Path) -> None:
    """Three calls whose senders repeat what was lost, at twice the pace, and three telephones that keep nothing.

    `TICI_BENCH_SEED` repeats a run, `TICI_BENCH_KILLS` makes it shorter or longer.
    """
    seed = int(os.environ.get("TICI_BENCH_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    node = Node(tmp_path / "data", models_dir, LIGHT)
    node.launch()
    try:
        await asyncio.to_thread(node.wait_ready)
        calls = {name: demo_call(pack_dir / "calls", name) for name in CALLS}
        floor = await Floor.opened(node, calls, 2.0, models_dir)
        done = number = 0
        while done < KILLS:
            moments = (chance.uniform(0.5, 5) for _ in range(KILLS - done))
            kills, measured = await floor.through_kills(f"round-{number}", moments)
            done, number = done + kills, number + 1
            print(f"round {number}: {kills} kills, {measured}", flush=True)
    finally:
        node.stop()
