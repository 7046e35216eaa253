"""The audio doors."""

from collections.abc import Iterable
from ipaddress import ip_address

from fastapi import APIRouter, WebSocket
from fastapi.responses import JSONResponse
from pydantic import IPvAnyNetwork
from starlette.requests import HTTPConnection

from server.auth import Denied
from server.ids import new_id
from server.ingest.dialect import Dialect, Limits
from server.ingest.native import NativeDialect
from server.ingest.socket import AudioSocket
from server.ingest.transport import WebSocketTransport
from server.ingest.vosk import QueryError, VoskDialect, parse_query
from server.live.calls import Permit
from server.live.sender import CallRefused
from server.services import Services, ServicesDep
from server.store import KeyInfo, Scope
from server.wire.base import ErrorCode, Problem
from server.wire.rest import ProblemResponse

router = APIRouter()


@router.websocket("/v1/listen")
async def listen(socket: WebSocket, services: ServicesDep) -> None:
    """Our own dialect."""
    try:
        permit = await _permit(socket, services, ())
    except Denied as denied:
        await refuse(socket, denied.status_code, denied.problem)
        return
    await _serve(socket, services, NativeDialect(limits(services)), permit)


@router.websocket("/v1/vosk")
async def vosk(socket: WebSocket, services: ServicesDep) -> None:
    """The dialect of vosk-server."""
    try:
        permit = await _permit(socket, services, services.settings.vosk_networks)
        query = parse_query(dict(socket.query_params))
    except Denied as denied:
        await refuse(socket, denied.status_code, denied.problem)
        return
    except QueryError as error:
        await refuse(socket, 400, Problem(code=error.code, message=str(error)))
        return
    await _serve(socket, services, VoskDialect(query, limits(services), new_id), permit)


def limits(services: Services) -> Limits:
    """What this node accepts on an audio socket."""
    return Limits(services.settings.max_frame_bytes, frozenset(services.settings.asr_languages))


def trusted(connection: HTTPConnection, networks: Iterable[IPvAnyNetwork]) -> bool:
    """Whether a sender that shows no key calls from one of `networks` (such as 10.1.0.0/16)."""
    if connection.client is None or "authorization" in connection.headers:
        return False
    address = ip_address(connection.client.host)
    return any(address in network for network in networks)


async def _permit(socket: WebSocket, services: Services, networks: Iterable[IPvAnyNetwork]) -> Permit | None:
    """The queues of the sender's key; None, for all, where it calls from one of `networks`. Raises Denied."""
    if not trusted(socket, networks):
        return _queues_of(services, await services.doorkeeper.key(socket, Scope.LISTEN))
    # Only browsers send an Origin: any page that somebody here looks at calls from a trusted address too.
    if "origin" in socket.headers:
        services.doorkeeper.check_origin(socket)
    return None


def _queues_of(services: Services, key: KeyInfo) -> Permit:
    async def permit(queue: str) -> None:
        try:
            await services.doorkeeper.check_queue(key, queue)
        except Denied as denied:
            raise CallRefused(denied.problem.code, denied.problem.message) from denied

    return permit


async def refuse(socket: WebSocket, status: int, problem: Problem) -> None:
    """Answer an upgrade with an error."""
    headers = {"Retry-After": "5"} if problem.code is ErrorCode.OVERLOADED else None
    body = ProblemResponse(problem=problem).model_dump(mode="json")
    await socket.send_denial_response(JSONResponse(body, status, headers))


async def _serve(socket: WebSocket, services: Services, dialect: Dialect, permit: Permit | None) -> None:
    transport, settings = WebSocketTransport(socket), services.settings
    await AudioSocket(transport, dialect, services.calls, settings.idle_timeout, settings.ack_interval, permit).run()
