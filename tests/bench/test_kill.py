"""kill -9 at 20 random moments of a call: nothing heard is lost, nothing committed changes."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.server.killing import SETTINGS, check, demo_call, places, play, play_through_kills, tiles
from tests.server.node import Node

pytestmark = pytest.mark.bench
KILLS = 20
CALLS = ("early_repayment", "lost_card", "phishing_and_login")


@pytest.mark.timeout(1800)
async def test_twenty_kills(tmp_path: Path, models_dir: Path, pack_dir: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    node = Node(tmp_path / "data", models_dir, SETTINGS)
    node.launch()
    try:
        await asyncio.to_thread(node.wait_ready)
        for number, name in enumerate(CALLS):
            audio = demo_call(pack_dir / "calls", name)
            undisturbed = tiles(node, await play(node, audio, f"undisturbed-{name}", 2.0))
            kills = KILLS // len(CALLS) + (number < KILLS % len(CALLS))
            where = places(chance, audio, kills)
            conversation_id, committed = await play_through_kills(node, audio, f"disturbed-{name}", 2.0, where)
            final = tiles(node, conversation_id)
            assert all(set(earlier) <= set(final) for earlier in committed)
            check(audio, undisturbed, final)
            print(f"{name}: {kills} kills, {len(final)} tiles as in the undisturbed run")
    finally:
        node.stop()
