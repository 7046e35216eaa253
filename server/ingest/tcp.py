"""AudioSocket over TCP: listens on the ports of its connectors, one dialect per connection."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from server.ingest.audiosocket import AudioSocketConnector
from server.ingest.connector import NotAdmitted
from server.ingest.connectors import ConnectorError
from server.ingest.transport import Gone

log = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
MOST_CONNECTIONS = 512
"""Connections of one connector at once; each may hold one unfinished frame of 64 KiB."""

LINGER_SECONDS = 2.0

Serve = Callable[[AudioSocketConnector, "TcpTransport"], Awaitable[None]]
"""Serves one connection until it ends."""


class TcpTransport:
    """A TCP connection as a `Transport`: its messages are pieces of the stream, cut anywhere."""

    watches_line = False

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def address(self) -> str | None:
        """The sender's IP address."""
        peer = self._writer.get_extra_info("peername")
        return str(peer[0]) if peer else None

    async def accept(self) -> None:
        """Nothing: the connection is open."""

    async def receive(self) -> bytes | Gone:
        """See `Transport`."""
        try:
            data = await self._reader.read(CHUNK_BYTES)
        except OSError:
            return Gone(orderly=False)
        return data or Gone(orderly=True)

    async def send_text(self, text: str) -> None:
        """Nothing: the stream carries no text."""

    async def send_bytes(self, data: bytes) -> None:
        """See `Transport`."""
        self._writer.write(data)
        await self._writer.drain()

    async def close(self, code: int, reason: str) -> None:
        """Say that nothing more comes; there is no way to say why, so the log says it."""
        if reason:
            log.warning("an AudioSocket is closed: %s", reason)
        if not self._writer.is_closing():
            self._writer.write_eof()

    async def linger(self) -> None:
        """Drop what still comes until the sender closes too; a close with unread data would lose our last words."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await self.close(1000, "")
                while await self._reader.read(CHUNK_BYTES):
                    pass


class TcpDoor:
    """The port of one connector."""

    def __init__(self, connector: AudioSocketConnector, serve: Serve) -> None:
        self._connector = connector
        self._serve = serve
        self._open: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Take connections; the port. Raises ConnectorError where it cannot be had. On leaving, all are dropped."""
        host, port = self._connector.address
        try:
            server = await asyncio.start_server(self._connected, host, port, limit=CHUNK_BYTES)
        except OSError as error:
            where = f"connector `{self._connector.name}`: cannot listen on {self._connector.listen}"
            raise ConnectorError(f"{where}: {error.strerror or error}") from error
        try:
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        transport = TcpTransport(reader, writer)
        try:
            await self._admitted(transport)
            await transport.linger()
        except asyncio.CancelledError:
            pass  # we stop; asyncio would log it
        finally:
            self._open.discard(task)
            writer.close()

    async def _admitted(self, transport: TcpTransport) -> None:
        try:
            self._connector.admit_address(transport.address)
        except NotAdmitted as refused:
            log.warning("connector %s: %s", self._connector.name, refused)
            return
        if len(self._open) > MOST_CONNECTIONS:
            log.warning("connector %s: too many connections", self._connector.name)
            return
        await self._serve(self._connector, transport)


@contextlib.asynccontextmanager
async def tcp_doors(connectors: Iterable[object], serve: Serve) -> AsyncIterator[dict[str, int]]:
    """Listen for all AudioSocket connectors; the port of each by name. Raises ConnectorError."""
    async with contextlib.AsyncExitStack() as stack:
        ports: dict[str, int] = {}
        for connector in connectors:
            if isinstance(connector, AudioSocketConnector):
                ports[connector.name] = await stack.enter_async_context(TcpDoor(connector, serve).listening())
        yield ports
