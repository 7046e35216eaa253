"""What a dialect is spoken over: messages in, messages out."""

from dataclasses import dataclass
from typing import Protocol

from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

_ORDERLY = frozenset({1000, 1001, 1005})
"""Close codes of a sender that has finished: done, going away, a close without a code. 1006 is a line that was cut."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender is gone. `orderly`: it closed the connection; else the line was cut."""

    orderly: bool


class Transport(Protocol):
    """One connection. Every method may raise `ConnectionError` once it is gone."""

    async def accept(self) -> None:
        """Let the sender begin."""

    async def receive(self) -> str | bytes | Gone:
        """The next message, the last of all is `Gone`. May be cancelled without losing a message."""

    async def send_text(self, text: str) -> None:
        """Send a text message."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""

    async def close(self, code: int, reason: str) -> None:
        """Close; `code` and `reason` as a WebSocket's. Does nothing where it is closed already."""


class WebSocketTransport:
    """A WebSocket; `subprotocol` is the one agreed on, if any."""

    def __init__(self, socket: WebSocket, subprotocol: str | None = None) -> None:
        self._socket = socket
        self._subprotocol = subprotocol

    async def accept(self) -> None:
        """See `Transport`."""
        await self._socket.accept(subprotocol=self._subprotocol)

    async def receive(self) -> str | bytes | Gone:
        """See `Transport`."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            return Gone(orderly=message.get("code") in _ORDERLY)
        data: bytes | None = message.get("bytes")
        text: str = message.get("text") or ""
        return text if data is None else data

    async def send_text(self, text: str) -> None:
        """See `Transport`."""
        try:
            await self._socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError from error

    async def send_bytes(self, data: bytes) -> None:
        """See `Transport`."""
        try:
            await self._socket.send_bytes(data)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError from error

    async def close(self, code: int, reason: str) -> None:
        """See `Transport`."""
        if self._socket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            await self._socket.close(code, reason)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise ConnectionResetError from error
