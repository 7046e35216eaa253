"""The application inside the test: the real store and conversations, no models and no housekeeping."""

import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from server.app import create_app
from server.auth import ChatLinks, Doorkeeper
from server.delivery import Delivery
from server.hub import Hub
from server.knowledge import Knowledge
from server.live.conversations import Conversations
from server.services import Services
from server.session import Policy
from server.settings import Settings
from server.store import Scope, Store
from tests.server.routes.door import ORIGIN

PASSWORD = "correct horse"


class Roomy:
    """Calls of a node that has room; none is opened here."""

    async def has_place_for(self, external_id: str) -> bool:
        return True


@pytest.fixture
async def services(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    quick = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("server.store.passwords.PasswordHasher", quick)
    shutil.copy(template, tmp_path / "tici.db")
    settings = Settings(data_dir=tmp_path, allowed_hosts=["node"])
    store = await Store.open(settings.resolved_database_url())
    hub: Hub[Any] = Hub()
    knowledge = Knowledge(store, {})
    live = Conversations(store, hub, knowledge, Policy(), lambda said, reply: 0.0)
    for login in ("xiaolin", "dawei"):
        await store.users.add(login, PASSWORD)
    async with httpx.AsyncClient() as client:
        yield Services(
            settings=settings,
            store=store,
            hub=hub,
            knowledge=knowledge,
            conversations=live,
            calls=cast(Any, Roomy()),
            delivery=Delivery(store, cast(Any, None), client, 5, 30.0),
            doorkeeper=Doorkeeper(store, settings),
            links=ChatLinks(b"secret", 1.0),
            demo=None,
        )
    await live.close()
    knowledge.close()
    await store.close()


@pytest.fixture
def app(services: Services) -> FastAPI:
    made = create_app(services.settings)
    made.state.services = services
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as made:
        yield made


@pytest.fixture
async def key(services: Services) -> dict[str, str]:
    """The header of a machine that may open chats."""
    made = await services.store.keys.add("site", [Scope.CHAT])
    return {"Authorization": f"Bearer {made.secret}"}
