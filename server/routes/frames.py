"""Reading the messages of pages."""

from typing import TypeVar

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


async def receive(socket: WebSocket, kind: TypeAdapter[T], longest: int) -> T | None:
    """The next message; None if it is binary, longer than `longest` characters, or not of the protocol.

    Raises WebSocketDisconnect.
    """
    frame = await socket.receive()
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame["code"], frame.get("reason"))
    text: str | None = frame.get("text")
    if text is None or len(text) > longest:
        return None
    try:
        return kind.validate_json(text)
    except ValidationError:
        return None
