"""Opening a socket to the server, with errors that say what to do."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from pydantic import ValidationError
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from server.replay.errors import RefusedError, ReplayError, UnauthorisedError
from server.replay.heard import Failed
from server.replay.lines import TCP, Line, tcp_line
from server.wire.base import ErrorCode
from server.wire.rest import ProblemResponse

RETRIED_CODES = frozenset(
    {ErrorCode.SHUTTING_DOWN, ErrorCode.STORAGE, ErrorCode.INTERNAL, ErrorCode.SLOW_READER, ErrorCode.IDLE}
)
"""Errors after which the same call is worth another connection."""

_TRY_AGAIN_STATUS = 500
_PATIENCE_SECONDS = 60.0


class ConnectionFailed(Exception):
    """No connection now; later there may be one."""


class Declined(Exception):
    """The server said no before the upgrade, and why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


@asynccontextmanager
async def connected(url: str, headers: Mapping[str, str], subprotocols: Sequence[str] = ()) -> AsyncIterator[Line]:
    """An open socket.

    Raises `ConnectionFailed` if trying again may help, `Declined` if the server says what is wrong, else
    `UnauthorisedError`, `RefusedError` or `ReplayError`.
    """
    if url.startswith(TCP):
        async with _connected_tcp(url) as line:
            yield line
        return
    try:
        # Audio does not deflate; the server is on the operator's own network, never behind a web proxy.
        socket = await connect(
            url,
            additional_headers=headers,
            subprotocols=[Subprotocol(name) for name in subprotocols] or None,
            compression=None,
            proxy=None,
            # A server that is behind answers late, also to a close: what is on its way would be lost.
            ping_timeout=_PATIENCE_SECONDS,
            close_timeout=_PATIENCE_SECONDS,
        )
    except (InvalidURI, ValueError) as error:
        raise ReplayError(f"{url} is not a WebSocket address: it begins with ws:// or wss://") from error
    except InvalidStatus as error:
        raise _refusal(error.response.status_code, error.response.body) from error
    except (OSError, TimeoutError, EOFError, InvalidHandshake) as error:
        raise ConnectionFailed(f"cannot connect ({type(error).__name__})") from error
    async with socket:
        yield socket


@asynccontextmanager
async def _connected_tcp(url: str) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        try:
            line = await stack.enter_async_context(tcp_line(url))
        except ValueError as error:
            raise ReplayError(f"{url} is not an address of AudioSocket: it is tcp://host:port") from error
        except OSError as error:
            raise ConnectionFailed(f"cannot connect ({type(error).__name__})") from error
        yield line


def _refusal(status: int, body: bytes | bytearray | None) -> Exception:
    if status in (401, 403):
        return UnauthorisedError(
            f"this sender is not let in (HTTP {status}): give --key (or set TICI_KEY), for a connector --secret"
        )
    with suppress(ValidationError):
        problem = ProblemResponse.model_validate_json(body or b"").problem
        return Declined(Failed(problem.code, problem.message, fatal=True))
    if status >= _TRY_AGAIN_STATUS:
        return ConnectionFailed(f"the server answered HTTP {status}")
    return RefusedError(f"http {status}", "is the URL right?")
