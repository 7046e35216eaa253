"""kill -9 in mid-call: plays a call, kills the server at given places, and compares with an undisturbed run."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from server.replay.audio import CallAudio, load_call
from server.replay.call import play_call
from server.replay.options import CallOptions
from tests.server.node import Node

TILES = ("utterance", "leg.silence")
SETTINGS = {"TICI_STALL_SECONDS": "60"}
"""For the node: on a busy machine the sender stalls too, and a stall cuts an utterance where no kill does."""


@dataclass(frozen=True)
class Tile:
    leg: str
    start_sample: int
    end_sample: int
    text: str


def demo_call(folder: Path, name: str) -> CallAudio:
    return load_call([folder / f"{name}.customer.flac", folder / f"{name}.agent.flac"], ["customer", "agent"])


@dataclass
class Progress:
    """How much of a call the server has acknowledged."""

    samples: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, event: dict[str, Any]) -> None:
        if event["type"] == "ack":
            self.samples = max(self.samples, event["samples"])
            self.more.set()

    async def reach(self, samples: int) -> None:
        while self.samples < samples:
            self.more.clear()
            await self.more.wait()


async def play(node: Node, audio: CallAudio, external_id: str, speed: float, progress: Progress | None = None) -> str:
    options = CallOptions(url=node.url, external_id=external_id, key=node.key, speed=speed, retry_seconds=120)
    tally = await play_call(audio, options, emit=(progress or Progress()).take)
    assert tally.conversation_id is not None
    return tally.conversation_id


def places(chance: Random, audio: CallAudio, kills: int) -> list[int]:
    """Where to kill, in samples: anywhere but in the last fifth, where the call could be over before the kill."""
    return sorted(chance.randrange(audio.samples * 4 // 5) for _ in range(kills))


def tiles(node: Node, conversation_id: str) -> list[Tile]:
    """Committed tiles of all legs, in order of leg and position."""
    rows = node.rows("select payload from event where conversation_id = ? order by seq", conversation_id)
    payloads = [json.loads(str(row[0])) for row in rows]
    found = [
        Tile(p["leg"], p["start_sample"], p["end_sample"], p.get("text", ""))
        for p in payloads
        if p["type"] in TILES and p.get("leg")
    ]
    return sorted(found, key=lambda tile: (tile.leg, tile.start_sample))


def conversation_of(node: Node, external_id: str) -> str | None:
    rows = node.rows("select conversation_id from external_id where value = ?", external_id)
    return str(rows[0][0]) if rows else None


async def play_through_kills(
    node: Node, audio: CallAudio, external_id: str, speed: float, places: Sequence[int]
) -> tuple[str, list[list[Tile]]]:
    """Play the call; as soon as the audio before each of `places` (samples) is safe, kill -9 and start again.

    Places, not moments: however long a restart takes, the call is not over before the next kill.
    Returns the conversation and what was committed right after each kill.
    """
    committed, progress = [], Progress()
    playing = asyncio.create_task(play(node, audio, external_id, speed, progress))
    for place in places:
        reached = asyncio.create_task(progress.reach(place))
        await asyncio.wait([playing, reached], return_when=asyncio.FIRST_COMPLETED)
        assert not playing.done(), f"the call was over before the kill: {playing}"
        await asyncio.to_thread(node.kill)
        conversation_id = conversation_of(node, external_id)
        committed.append(tiles(node, conversation_id) if conversation_id else [])
        node.launch()
        await asyncio.to_thread(node.wait_ready)
    return await playing, committed


def check(audio: CallAudio, undisturbed: Sequence[Tile], disturbed: Sequence[Tile]) -> None:
    """Coverage without gap or overlap, and the words of an undisturbed run."""
    for leg in audio.tracks:
        mine = [tile for tile in disturbed if tile.leg == leg]
        assert mine[0].start_sample == 0
        assert mine[-1].end_sample == audio.samples
        for one, next_one in pairwise(mine):
            assert one.end_sample == next_one.start_sample, (leg, one, next_one)
    assert list(disturbed) == list(undisturbed)
