"""The doors of connected phone systems: one per connector, `/v1/connect/{name}`."""

from time import time

from fastapi import APIRouter, WebSocket
from starlette.requests import HTTPConnection

from server.auth import Denied
from server.ingest.connector import Connector, NotAdmitted, Upgrade
from server.ingest.socket import AudioSocket
from server.ingest.tcp import TcpTransport
from server.ingest.transport import Transport, WebSocketTransport
from server.live.calls import FULL
from server.routes.listen import limits, refuse
from server.services import Services, ServicesDep
from server.wire.base import ErrorCode, Problem

router = APIRouter()


@router.websocket("/v1/connect/{name}")
async def connect(name: str, socket: WebSocket, services: ServicesDep) -> None:
    """Any dialect, as its connector says. Who is refused is told so before the upgrade, where that is possible."""
    connector = services.connectors.get(name)
    if connector is None:
        await refuse(
            socket, services, 404, Problem(code=ErrorCode.NOT_FOUND, message="there is no connector of this name")
        )
        return
    upgrade = upgrade_of(socket)
    try:
        _admit(services, connector, socket, upgrade)
    except NotAdmitted as refused:
        await refuse(socket, services, refused.status, Problem(code=refused.code, message=str(refused)))
        return
    except Denied as denied:
        await refuse(socket, services, denied.status_code, denied.problem)
        return
    # Most senders name their call only after the upgrade.
    if not (services.calls.has_room or connector.may_join(upgrade) or services.calls.awaits_senders):
        await refuse(socket, services, 503, Problem(code=ErrorCode.OVERLOADED, message=FULL))
        return
    await _speak(services, connector, upgrade, WebSocketTransport(socket, connector.subprotocol(upgrade)))


async def speak_tcp(services: Services, connector: Connector, transport: TcpTransport) -> None:
    """The same for a connection to a connector's own port that was let in."""
    await _speak(services, connector, Upgrade(url="", now=time(), address=transport.address), transport)


async def _speak(services: Services, connector: Connector, upgrade: Upgrade, transport: Transport) -> None:
    dialect = connector.dialect_for(upgrade, limits(services))
    idle, acks = services.settings.idle_timeout, services.settings.ack_interval
    await AudioSocket(transport, dialect, services.calls, idle, acks, hub=services.hub, may_pause=True).run()


def upgrade_of(connection: HTTPConnection) -> Upgrade:
    """What a connector needs to know of a request."""
    return Upgrade(
        url=str(connection.url),
        now=time(),
        address=connection.client.host if connection.client is not None else None,
        headers=dict(connection.headers),
        query=dict(connection.query_params),
        subprotocols=tuple(connection.scope.get("subprotocols", ())),
    )


def _admit(services: Services, connector: Connector, socket: WebSocket, upgrade: Upgrade) -> None:
    """Raise NotAdmitted or Denied."""
    connector.admit(upgrade)
    # Only browsers send an Origin: any page that somebody here looks at calls from a trusted address too.
    if not connector.guarded and "origin" in socket.headers:
        services.doorkeeper.check_origin(socket)
