"""Outages as long as they are in a machine room, on a real node with real models: the page of failures, in full length.

`TICI_BENCH_OUTAGE_SECONDS` sets how long. The everyday tests of `docs/failures.md` have the same in short.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from asr.pool import RecognizerPool
from asr.vosk_recognizer import VoskModel
from server.replay.audio import CallAudio
from tests.server.disks import Disk, locked, small_disk
from tests.server.heard import check_live, clips
from tests.server.killing import Tile, check, check_coverage, conversation_of, demo_call, play, tiles
from tests.server.killing_many import LIGHT, SETTLED
from tests.server.live_sender import LiveSender, talk
from tests.server.node import REPOSITORY, Node

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
SECONDS = float(os.environ.get("TICI_BENCH_OUTAGE_SECONDS", "30"))
HALF_OPEN_SECONDS = 4 * SECONDS
BEFORE, AFTER = 8.0, 12.0
STALLING = {name: value for name, value in LIGHT.items() if name != "TICI_STALL_SECONDS"}
SETTINGS = {**STALLING, "TICI_RESUME_SECONDS": "120"}
"""`tici replay` takes a line for dead after 140 s."""


@dataclass
class Floor:
    """A node with its spool on a disk of its own, a call to play, what is heard of it in peace, and a telephone that
    keeps nothing."""

    node: Node
    disk: Disk
    audio: CallAudio
    undisturbed: list[Tile]
    phone: LiveSender
    pool: RecognizerPool

    @asynccontextmanager
    async def talking(self, through: Node) -> AsyncIterator[None]:
        """Both calls, by the address of `through`; what is inside happens meanwhile. Then they end in good order."""
        playing = asyncio.create_task(play(through, self.audio, "repeats", 1.0))
        speaking = asyncio.create_task(self.phone.run())
        try:
            await asyncio.sleep(BEFORE)
            yield
            await playing
            await self.phone.settled(SETTLED)
            self.phone.finish()
            await speaking
        finally:
            for task in (playing, speaking):
                task.cancel()
            await asyncio.gather(playing, speaking, return_exceptions=True)

    async def answer_to_a_new_call(self) -> str:
        """What the node says to a call that comes now."""
        headers = {"Authorization": f"Bearer {self.node.key}"}
        start = {"type": "start", "external_id": "new", "sample_rate": 8000, "legs": [{"leg": "a", "role": "customer"}]}
        async with connect(self.node.url, additional_headers=headers, proxy=None) as socket:
            await socket.send(json.dumps(start))
            return str(await socket.recv())

    def heard(self) -> list[Tile]:
        """What the node kept of the call that was played."""
        conversation_id = conversation_of(self.node, "repeats")
        assert conversation_id is not None
        return tiles(self.node, conversation_id)


@pytest.fixture
async def floor(tmp_path: Path, models_dir: Path, pack_dir: Path) -> AsyncIterator[Floor]:
    node = Node(tmp_path / "data", models_dir, SETTINGS)
    with small_disk(node.data_dir / "spool", "16m") as disk:
        node.launch()
        try:
            await asyncio.to_thread(node.wait_ready)
            audio = demo_call(pack_dir / "calls", "lost_card").lasting(BEFORE + SECONDS + AFTER)
            undisturbed = tiles(node, await play(node, audio, "undisturbed", 2.0))
            source = REPOSITORY / "tests" / "data" / "asr_zh"
            phone = LiveSender(node, "keeps-nothing", talk(source, clips(source)))
            pool = RecognizerPool(VoskModel(models_dir / "vosk-small-zh", tmp_path / "asr"))
            yield Floor(node, disk, audio, undisturbed, phone, pool)
        finally:
            node.stop()


async def test_the_database_is_locked(floor: Floor) -> None:
    async with floor.talking(floor.node):
        with locked(floor.node.data_dir / "tici.db"):
            refused = asyncio.create_task(floor.answer_to_a_new_call())
            await asyncio.sleep(SECONDS)
        assert '"storage"' in await refused
    check(floor.audio, floor.undisturbed, floor.heard())
    assert check_live(floor.node, floor.phone, floor.pool, 0.0) == [], "there is a gap"


async def test_the_disk_is_full(floor: Floor) -> None:
    async with floor.talking(floor.node):
        floor.disk.fill()
        await asyncio.sleep(SECONDS)
        floor.disk.clear()
    check(floor.audio, floor.undisturbed, floor.heard())
    assert check_live(floor.node, floor.phone, floor.pool, 0.0) == [], "there is a gap"


async def test_lines_are_half_open(floor: Floor) -> None:
    """Nobody is told that the connections are gone; both senders notice some time, and come back by another way."""
    async with Wires.to(floor.node) as wires:
        node = floor.phone.node = replace(floor.node, port=wires.port)
        async with floor.talking(node):
            wires.cut()
            other = await play(floor.node, floor.audio.lasting(HALF_OPEN_SECONDS), "undisturbed-other", 1.0)
    check_coverage(floor.audio, floor.heard())
    assert tiles(floor.node, other)[: len(floor.undisturbed) // 2] == floor.undisturbed[: len(floor.undisturbed) // 2]
    (error,) = check_live(floor.node, floor.phone, floor.pool, 1.0)
    print(f"half open for {HALF_OPEN_SECONDS:g} s: the gap is too long by {error} s")


class Wires:
    """Passes connections on, until it passes on nothing more of those that there are."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._cut = asyncio.Event()
        self._over = asyncio.Event()
        self.port = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, node: Node) -> AsyncIterator["Wires"]:
        wires = cls(node)
        server = await asyncio.start_server(wires._connect, "127.0.0.1", 0)
        wires.port = server.sockets[0].getsockname()[1]
        try:
            yield wires
        finally:
            wires._over.set()
            server.close()

    def cut(self) -> None:
        """From now on the connections that there are say nothing, and are not closed."""
        self._cut.set()
        self._cut = asyncio.Event()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        cut = self._cut
        node_reader, node_writer = await asyncio.open_connection("127.0.0.1", self._node.port)
        await asyncio.gather(self._pump(reader, node_writer, cut), self._pump(node_reader, writer, cut))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if cut.is_set():
                    await self._over.wait()
                    break
                writer.write(data)
                await writer.drain()
            writer.close()
