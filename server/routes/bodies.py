"""Refuses HTTP bodies larger than any of ours, before anyone has logged in."""

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.auth import Refusal
from server.wire.base import ErrorCode
from server.wire.rest import ProblemResponse

MAX_BODY = 256 * 1024
"""Bytes."""


class BodyLimit:
    """Answers 413 to a body that says it is too long, or turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > MAX_BODY:
            body = ProblemResponse(problem=_too_long().problem).model_dump(mode="json")
            await JSONResponse(body, 413)(scope, receive, send)
            return
        await self._app(scope, _counted(receive), send)


def _counted(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise _too_long()
        return message

    return counted


def _too_long() -> Refusal:
    return Refusal(413, ErrorCode.FRAME_TOO_LARGE, f"a body may have {MAX_BODY} bytes at most")
