"""A telephone that keeps nothing: it sends what is said now, and what is said while nobody listens is lost."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode

import numpy as np
import soundfile
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.server.node import Node

RATE = 8000
CHUNK = RATE // 10
PAUSE = 0.7


def talk(folder: Path, clips: Sequence[str]) -> np.ndarray:
    """Sentences with pauses on a line that is never quite silent, so that any second of it can be told from another."""
    noise = np.random.default_rng(0)
    parts = []
    for name in clips:
        clip, rate = soundfile.read(folder / name, dtype="int16")
        assert rate == RATE
        parts += [clip, np.zeros(round(PAUSE * RATE), np.int16)]
    joined = np.concatenate(parts)
    return joined + noise.integers(-8, 9, len(joined)).astype(np.int16)


@dataclass
class Delivery:
    """What was sent over one connection: from where in the endless source, and how many samples."""

    start: int
    sent: int = 0


@dataclass
class LiveSender:
    """Speaks `source` over and over, in real time, until it is told to `finish`."""

    node: Node
    external_id: str
    source: np.ndarray
    dialect: str = "vosk"
    declared: bool = True
    """Whether a native sender says that it cannot repeat."""
    deliveries: list[Delivery] = field(default_factory=list)
    began: float = 0.0
    connected_at: float | None = None
    _finishing: bool = False

    async def run(self) -> None:
        self.began = monotonic()
        while True:
            try:
                async with connect(self._url, additional_headers=self._headers, proxy=None, open_timeout=5) as socket:
                    if await self._talk(socket):
                        return
            except (OSError, TimeoutError, WebSocketException):
                await asyncio.sleep(0.1)
            finally:
                self.connected_at = None

    def finish(self) -> None:
        """Hang up."""
        self._finishing = True

    async def settled(self, seconds: float) -> None:
        """Wait until it has been talking for so long over one connection."""
        for _ in range(10_000):
            if self.connected_at is not None and monotonic() - self.connected_at > seconds:
                return
            await asyncio.sleep(0.1)
        raise AssertionError("it was never connected for long")

    def said(self, start: int, count: int) -> np.ndarray:
        """A stretch of the endless source."""
        return np.take(self.source, range(start, start + count), mode="wrap")

    @property
    def _url(self) -> str:
        if self.dialect == "native":
            return self.node.url
        query = urlencode({"external_id": self.external_id, "role": "customer"})
        return f"ws://127.0.0.1:{self.node.port}/v1/vosk?{query}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.node.key}"} if self.dialect == "native" else {}

    async def _talk(self, socket: ClientConnection) -> bool:
        """Whether the call was ended in good order."""
        await self._open(socket)
        reading = asyncio.create_task(_read_away(socket))
        try:
            # Whole chunks: the one being said when the connection came up is the first to be sent.
            position = round((monotonic() - self.began) * RATE) // CHUNK * CHUNK
            delivery = Delivery(position)
            self.deliveries.append(delivery)
            self.connected_at = monotonic()
            while not self._finishing:
                await asyncio.sleep(self.began + (position + CHUNK) / RATE - monotonic())
                await socket.send(self.said(position, CHUNK).tobytes())
                position += CHUNK
                delivery.sent += CHUNK
            await socket.send('{"eof" : 1}' if self.dialect == "vosk" else '{"type": "stop"}')
            await reading
            return socket.close_code == 1000
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _open(self, socket: ClientConnection) -> None:
        if self.dialect == "vosk":
            await socket.send('{"config": {"sample_rate": 8000}}')
            return
        start = {"type": "start", "external_id": self.external_id, "sample_rate": RATE}
        legs = [{"leg": "customer", "role": "customer"}]
        said = {} if self.declared else {"can_repeat": True}
        await socket.send(json.dumps({**start, "legs": legs, "can_repeat": False, **said}))
        answer = json.loads(await socket.recv())
        if answer["type"] != "started":
            raise WebSocketException(answer["code"])


async def _read_away(socket: ClientConnection) -> None:
    with contextlib.suppress(WebSocketException):
        async for _ in socket:
            pass
