"""Small clients for the doors of a running node."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.ids import new_id
from tests.server.node import Node

Json = dict[str, Any]


@asynccontextmanager
async def browser(node: Node, login: str | None = "xiaolin") -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client, logged in."""
    async with httpx.AsyncClient(base_url=node.http, trust_env=False, timeout=30) as client:
        if login is not None:
            answer = await client.post("/v1/session", json={"login": login, "password": "tici-demo"})
            assert answer.status_code == 200, answer.text
        yield client


class Socket:
    """A JSON WebSocket that remembers what it received."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.received: list[Json] = []

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def next(self, patience: float = 20) -> Json:
        async with asyncio.timeout(patience):
            message: Json = json.loads(await self.connection.recv())
        self.received.append(message)
        return message

    async def until(self, wanted: Callable[[Json], bool], patience: float = 40) -> Json:
        async with asyncio.timeout(patience):
            while True:
                message = await self.next(patience)
                if wanted(message):
                    return message

    async def until_type(self, kind: str, patience: float = 40) -> Json:
        return await self.until(lambda m: m["type"] == kind, patience)

    async def until_event(self, kind: str, patience: float = 40) -> Json:
        def is_it(message: Json) -> bool:
            return message["type"] == "event" and message["event"]["payload"]["type"] == kind

        return (await self.until(is_it, patience))["event"]["payload"]

    async def close_code(self, patience: float = 20) -> int | None:
        """Read until the server closes; its code."""
        async with asyncio.timeout(patience):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    self.received.append(json.loads(await self.connection.recv()))
        return self.connection.close_code


@asynccontextmanager
async def panel(node: Node, client: httpx.AsyncClient, origin: str | None = None) -> AsyncIterator[Socket]:
    """The agent's socket, after its hello."""
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"ws://127.0.0.1:{node.port}/v1/panel"
    async with connect(
        url, additional_headers={"Cookie": cookie}, origin=origin or node.http, proxy=None
    ) as connection:
        socket = Socket(connection)
        assert (await socket.next())["type"] == "hello"
        yield socket


@asynccontextmanager
async def listen(node: Node, key: str | None = None, path: str = "/v1/listen") -> AsyncIterator[Socket]:
    """A sender's socket."""
    headers = {"Authorization": f"Bearer {key if key is not None else node.key}"}
    url = f"ws://127.0.0.1:{node.port}{path}"
    async with connect(url, additional_headers=headers, proxy=None) as connection:
        yield Socket(connection)


def start_message(**changes: Any) -> Json:
    """A correct `start` for one customer leg of 8 kHz pcm16, with changes."""
    return {
        "type": "start",
        "version": 1,
        "external_id": f"test-{new_id()}",
        "legs": [{"leg": "customer", "role": "customer"}],
        "encoding": "pcm16",
        "sample_rate": 8000,
        **changes,
    }
