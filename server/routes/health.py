"""Whether the node lives and can take calls."""

from fastapi import APIRouter, Response

from server.services import ServicesDep
from server.version import version
from server.wire.rest import Health

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz(services: ServicesDep) -> Health:
    """The process answers."""
    return _health(services, "ok")


@router.get("/readyz")
async def readyz(services: ServicesDep, response: Response) -> Health:
    """503 while the node cannot take another call."""
    ready = services.calls.has_room
    response.status_code = 200 if ready else 503
    return _health(services, "ready" if ready else "full")


def _health(services: ServicesDep, status: str) -> Health:
    return Health(status=status, version=version(), live_conversations=services.calls.live)
