"""Serves a node's connectors on real ports."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import uvicorn

from server.app import create_app
from server.auth import Doorkeeper
from server.ingest.connectors import load_connectors
from server.ingest.tcp import tcp_doors
from server.routes.connect import speak_tcp
from server.services import Services
from server.settings import Settings
from tests.server.live.parts import Node, until


@dataclass
class Served:
    """`ports`: of the connectors that have one of their own."""

    node: Node
    port: int
    ports: dict[str, int]

    def url(self, connector: str) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/connect/{connector}"

    async def words(self, external_id: str, legs: int = 2) -> dict[str, list[str]]:
        """What was said, by the role of who said it, once so many legs have ended."""
        known: dict[str, str] = {}
        for _ in range(600):
            known = await self._ended(external_id)
            if len(known) >= legs:
                break
            await asyncio.sleep(0.1)
        live = await self.node.conversations.find(external_id)
        assert live is not None and len(known) == legs, "the call did not come, or did not end"
        words: dict[str, list[str]] = {role: [] for role in known.values()}
        for name, role in known.items():
            words[role] += [text for _, _, text in await self.node.tiles(live.conversation_id, name) if text]
        return words

    async def _ended(self, external_id: str) -> dict[str, str]:
        """The legs that have ended, and their roles."""
        live = await self.node.conversations.find(external_id)
        if live is None:
            return {}
        return {name: leg.role.value for name, leg in live.session.state.legs.items() if leg.ended}


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the test's own handlers stay


@contextlib.asynccontextmanager
async def serving(node: Node, connectors: str, **settings: Any) -> AsyncIterator[Served]:
    """Serve the connectors of a TOML file with this text."""
    path = node.data_dir / "connectors.toml"
    path.write_text(connectors, encoding="utf-8")
    made = Settings(data_dir=node.data_dir, asr_languages=["zh"], connectors=path, **settings)
    services = _services(node, made)
    app = create_app(made)
    app.state.services = services
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=2)
        server = _Quiet(config)
        async with tcp_doors(services.connectors.values(), partial(speak_tcp, services)) as ports:
            task = asyncio.create_task(server.serve(sockets=[listener]))
            await until(lambda: server.started, 60)
            try:
                yield Served(node, int(listener.getsockname()[1]), ports)
            finally:
                server.should_exit = True
                await task


def _services(node: Node, settings: Settings) -> Services:
    unused = cast(Any, None)
    return Services(
        settings=settings,
        store=cast(Any, node.store),
        hub=node.hub,
        knowledge=unused,
        conversations=node.conversations,
        calls=node.calls,
        delivery=unused,
        doorkeeper=Doorkeeper(cast(Any, node.store), settings),
        links=unused,
        demo=None,
        connectors=load_connectors(settings.connectors, {"TICI_TEST_SECRET": "s3cret"}),
    )
