"""What a dialect is spoken over: messages in, messages out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

_FINISHED = frozenset({1000, 1001})
"""Close codes of a sender that has finished: done, going away."""
_NO_CODE = 1005


@dataclass(frozen=True, slots=True)
class Gone:
    """The sender is gone. `orderly`: it closed the connection; else the line was cut."""

    orderly: bool


class Transport(Protocol):
    """One connection. Every method may raise `ConnectionError` once it is gone."""

    watches_line: bool
    """Whether it notices by itself that the other end is gone without a word."""

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

    watches_line = True
    """The server pings, and closes where no pong comes."""

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
            return Gone(orderly=_is_orderly(message))
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


def _is_orderly(message: Mapping[str, Any]) -> bool:
    """Whether a close frame came. Of a line that was cut uvicorn says 1005 too, but gives no reason."""
    code = message.get("code")
    return code in _FINISHED or (code == _NO_CODE and "reason" in message)
