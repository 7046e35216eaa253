"""Whether the node lives and can take calls."""

from fastapi import APIRouter, Response

from server.services import Services, ServicesDep
from server.version import version
from server.watch.readiness import reasons
from server.wire.rest import Health, NotReady

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz(services: ServicesDep) -> Health:
    """The process answers."""
    return _health(services, "ok")


@router.get("/readyz")
async def readyz(services: ServicesDep, response: Response) -> Health:
    """503 while the node should get no further call, with every reason, and how many it would take."""
    against = await reasons(services)
    response.status_code = 503 if against else 200
    return _health(services, against[0].value if against else "ready", against)


def _health(services: Services, status: str, against: list[NotReady] | None = None) -> Health:
    return Health(
        status=status,
        version=version(),
        live_conversations=services.calls.live,
        room=services.calls.room,
        reasons=against or [],
    )
