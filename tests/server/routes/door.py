"""A WebSocket of the application, held by the test in place of a server."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

Json = dict[str, Any]
ORIGIN = "http://node"
PATIENCE = 30
"""Seconds that an answer may take on a busy machine."""


class Door:
    """One connection. `gate` closed: the page does not read, and what is sent to it waits."""

    def __init__(self, app: FastAPI, url: str, **headers: str) -> None:
        self.sent: list[Json] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._news = asyncio.Condition()
        self._incoming: asyncio.Queue[Json] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        path = urlsplit(url)
        scope = {
            "type": "websocket",
            "scheme": "ws",
            "path": path.path,
            "raw_path": path.path.encode(),
            "query_string": path.query.encode(),
            "headers": [
                (n.encode(), v.encode()) for n, v in {"host": "node", "origin": ORIGIN, **headers}.items() if v
            ],
            "client": ("127.0.0.1", 5000),
            "server": ("node", 80),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
        }
        self.task = asyncio.create_task(app(scope, self._incoming.get, self._take))

    async def _take(self, message: Any) -> None:
        async with self._news:
            self.sent.append(message)
            self._news.notify_all()
        await self.gate.wait()

    def say(self, **message: Any) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": json.dumps(message)})

    def raw(self, **frame: Any) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", **frame})

    @property
    def messages(self) -> list[Json]:
        return [json.loads(m["text"]) for m in self.sent if m["type"] == "websocket.send"]

    async def until(self, kind: str, count: int = 1) -> list[Json]:
        """Wait until `count` messages of this type were sent."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def of(self, kind: str) -> list[Json]:
        return [m for m in self.messages if m["type"] == kind]

    async def close_code(self) -> int:
        async with asyncio.timeout(PATIENCE):
            await self.task
        closed: int = next(m["code"] for m in self.sent if m["type"] == "websocket.close")
        return closed

    async def status(self) -> int:
        """The status of an upgrade that was refused, or 101."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: bool(self.sent))
        return int(self.sent[0].get("status", 101))

    async def leave(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(self.task, return_exceptions=True)
