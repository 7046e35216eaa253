"""kill -9 in mid-call: plays a call, kills the server at given places, and compares with an undisturbed run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from server.replay.audio import CallAudio, load_call
from server.replay.call import play_call
from server.replay.options import CallOptions
from tests.server.node import Node

TILES = ("utterance", "leg.silence")


@dataclass(frozen=True)
class Tile:
    leg: str
    start_sample: int
    end_sample: int
    text: str


def demo_call(folder: Path, name: str) -> CallAudio:
    return load_call([folder / f"{name}.customer.flac", folder / f"{name}.agent.flac"], ["customer", "agent"])


async def play(node: Node, audio: CallAudio, external_id: str, speed: float) -> str:
    options = CallOptions(url=node.url, external_id=external_id, key=node.key, speed=speed, retry_seconds=120)
    tally = await play_call(audio, options, emit=lambda event: None)
    assert tally.conversation_id is not None
    return tally.conversation_id


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


def check(audio: CallAudio, undisturbed: Sequence[Tile], disturbed: Sequence[Tile]) -> None:
    """Coverage without gap or overlap, and the words of an undisturbed run."""
    check_coverage(audio, disturbed)
    assert list(disturbed) == list(undisturbed)


def check_coverage(audio: CallAudio, heard: Sequence[Tile]) -> None:
    """All of each leg, without gap or overlap."""
    for leg in audio.tracks:
        mine = [tile for tile in heard if tile.leg == leg]
        assert mine[0].start_sample == 0
        assert mine[-1].end_sample == audio.samples
        for one, next_one in pairwise(mine):
            assert one.end_sample == next_one.start_sample, (leg, one, next_one)
