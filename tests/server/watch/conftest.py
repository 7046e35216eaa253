"""The application with room for three calls and none open."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import FastAPI

from server.app import create_app
from server.services import Services
from tests.server.routes.conftest import client, services

__all__ = ["client", "services"]


@pytest.fixture
def calls() -> SimpleNamespace:
    return SimpleNamespace(has_room=True, room=3, live=0, draining=False, pools={}, open_calls=[], load=None)


@pytest.fixture
def app(services: Services, calls: SimpleNamespace) -> FastAPI:
    made = create_app(services.settings)
    calls.pools = {name: SimpleNamespace(idle=2, made=3, recycled=1) for name in ("zh", "en")}
    made.state.services = replace(services, calls=cast(Any, calls))
    return made
