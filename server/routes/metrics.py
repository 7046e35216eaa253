"""Metrics for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from server.routes.listen import trusted
from server.services import ServicesDep
from server.store import Scope
from server.watch.gauges import exposition

router = APIRouter(tags=["health"])


@router.get("/metrics")
async def metrics(request: Request, services: ServicesDep) -> Response:
    """What the node counts; without a key from `metrics_networks`, else with one of scope `metrics`."""
    if not trusted(request, services.settings.metrics_networks):
        await services.doorkeeper.key(request, Scope.METRICS)
    return Response(await exposition(services), media_type=CONTENT_TYPE_PLAIN_0_0_4)
