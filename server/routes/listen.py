"""The audio doors."""

from collections.abc import Iterable
from ipaddress import ip_address

from fastapi import APIRouter, WebSocket
from fastapi.responses import JSONResponse
from pydantic import IPvAnyNetwork
from starlette.requests import HTTPConnection

from server.auth import Denied, Refusal
from server.ids import new_id
from server.ingest.dialect import Dialect, Limits
from server.ingest.native import NativeDialect
from server.ingest.socket import AudioSocket
from server.ingest.transport import WebSocketTransport
from server.ingest.vosk import QueryError, VoskDialect, parse_query
from server.live.calls import FULL, Permit
from server.live.sender import CallRefused
from server.services import Services, ServicesDep
from server.store import KeyInfo, Scope, StoreError
from server.wire.base import RETRY_SECONDS, ErrorCode, Problem
from server.wire.rest import ProblemResponse

router = APIRouter()


@router.websocket("/v1/listen")
async def listen(socket: WebSocket, services: ServicesDep) -> None:
    """Our own dialect. `?external_id=` in the URL lets a node that is full say so before the upgrade."""
    try:
        permit = await _permit(socket, services, ())
    except Refusal as denied:
        await refuse(socket, services, denied.status_code, denied.problem)
        return
    if not await _full(socket, services, socket.query_params.get("external_id")):
        await _serve(socket, services, NativeDialect(limits(services)), permit)


@router.websocket("/v1/vosk")
async def vosk(socket: WebSocket, services: ServicesDep) -> None:
    """The dialect of vosk-server."""
    try:
        permit = await _permit(socket, services, services.settings.vosk_networks)
        query = parse_query(dict(socket.query_params))
    except Refusal as denied:
        await refuse(socket, services, denied.status_code, denied.problem)
        return
    except QueryError as error:
        await refuse(socket, services, 400, Problem(code=error.code, message=str(error)))
        return
    # A call without a name is always a new one.
    if not await _full(socket, services, query.external_id or ""):
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
    """The queues of the sender's key; None, for all, where it calls from one of `networks`. Raises Refusal."""
    if not trusted(socket, networks):
        try:
            return _queues_of(services, await services.doorkeeper.key(socket, Scope.LISTEN))
        except StoreError as error:
            raise Refusal(503, ErrorCode.STORAGE, "keys cannot be looked up now; try again") from error
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


async def _full(socket: WebSocket, services: Services, external_id: str | None) -> bool:
    """Refuse a call that is told by name before the upgrade, where there is no room for it; whether it was refused.

    A sender that names its call later, in its dialect, is refused then, in its dialect.
    """
    if external_id is None:
        return False
    try:
        if await services.calls.has_place_for(external_id):
            return False
    except StoreError:  # the call itself is refused for that
        return False
    await refuse(socket, services, 503, Problem(code=ErrorCode.OVERLOADED, message=FULL))
    return True


async def refuse(socket: WebSocket, services: Services, status: int, problem: Problem) -> None:
    """Answer an upgrade with an error."""
    services.metrics.refused(problem.code.value)
    headers = {"Retry-After": f"{RETRY_SECONDS:g}"} if problem.code is ErrorCode.OVERLOADED else None
    body = ProblemResponse(problem=problem).model_dump(mode="json")
    await socket.send_denial_response(JSONResponse(body, status, headers))


async def _serve(socket: WebSocket, services: Services, dialect: Dialect, permit: Permit | None) -> None:
    transport, settings = WebSocketTransport(socket), services.settings
    await AudioSocket(transport, dialect, services.calls, settings.idle_timeout, settings.ack_interval, permit).run()
