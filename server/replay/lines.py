"""What a stream is sent over: a WebSocket, or TCP for AudioSocket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, Protocol
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from server.ingest.audiosocket_frames import Frame, Kind

TCP = "tcp://"
_READ_BYTES = 4096
_HANGUP = Frame(Kind.HANGUP).encode()


class Line(Protocol):
    """One connection. Each method raises `ConnectionClosed` once it is over."""

    async def send(self, message: str | bytes) -> None:
        """Send a message."""

    async def recv(self, decode: Literal[True]) -> str:
        """The next message, as text."""

    async def close(self) -> None:
        """Close."""


@asynccontextmanager
async def tcp_line(url: str) -> AsyncIterator[Line]:
    """A TCP connection to `tcp://host:port`. Raises OSError, or ValueError for another address."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is None:
        raise ValueError("no port")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield _TcpLine(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class _TcpLine:
    """Its server says nothing but that it hangs up."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._hung_up = False

    async def send(self, message: str | bytes) -> None:
        self._hung_up = message == _HANGUP
        try:
            self._writer.write(message.encode() if isinstance(message, str) else message)
            await self._writer.drain()
        except OSError as error:
            raise ConnectionClosed(None, None) from error

    async def recv(self, decode: Literal[True]) -> str:
        try:
            heard = await self._reader.read(_READ_BYTES)
        except OSError as error:
            raise ConnectionClosed(None, None) from error
        refused = heard and not self._hung_up
        raise ConnectionClosed(Close(1008, "it hung up: its log says why") if refused else Close(1000, ""), None)

    async def close(self) -> None:
        self._writer.close()
