"""Refuses requests that call this node by a name that is not its own.

A page of another site may make its name point here and would then pass for a page of this node (DNS rebinding).
An IP address in `Host` cannot be made to point elsewhere, so those always pass.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from server.settings import Settings
from server.wire.base import ErrorCode, Problem
from server.wire.rest import ProblemResponse

ANY = "*"


class HostCheck:
    """Answers 421 where `Host` is none of the names of this node."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket") or self._is_ours(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _refusal()(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).send_denial_response(_refusal())

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        return ANY in self._names or name in self._names or _is_address(name)


def own_names(settings: Settings) -> frozenset[str]:
    """The names under which the node may be called, `*` for all."""
    origins = (urlsplit(origin).netloc for origin in settings.allowed_origins)
    names: Iterable[str] = ("localhost", settings.host, *origins, *settings.allowed_hosts)
    return frozenset(host_name(name) for name in names)


def host_name(host: str) -> str:
    """A host without its port, in lower case."""
    name = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.rsplit(":", 1)[0]
    return name.lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _refusal() -> JSONResponse:
    problem = Problem(
        code=ErrorCode.FORBIDDEN,
        message="this node is not called so; add the name to TICI_ALLOWED_HOSTS if it is right",
    )
    return JSONResponse(ProblemResponse(problem=problem).model_dump(mode="json"), 421)
