"""Nothing heard is lost when the server is killed."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.server.killing import SETTINGS, check, demo_call, places, play, play_through_kills, tiles
from tests.server.node import Node

SPEED = 4.0


@pytest.mark.timeout(900)
async def test_a_call_survives_kill_9(tmp_path: Path, models_dir: Path, pack_dir: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    audio = demo_call(pack_dir / "calls", "lost_card").lasting(30)
    node = Node(tmp_path / "data", models_dir, SETTINGS)
    node.launch()
    try:
        await asyncio.to_thread(node.wait_ready)
        undisturbed = tiles(node, await play(node, audio, "undisturbed", SPEED))
        where = places(chance, audio, 2)
        conversation_id, committed = await play_through_kills(node, audio, "disturbed", SPEED, where)
        final = tiles(node, conversation_id)
        for earlier in committed:
            assert set(earlier) <= set(final), "what was committed before a kill has changed"
        check(audio, undisturbed, final)
        recorded = node.rows("select leg, samples from recording where conversation_id = ?", conversation_id)
        assert len(recorded) == 2
    finally:
        node.stop()
