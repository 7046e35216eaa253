"""Whether a node should get calls, and why not."""

import asyncio
from types import SimpleNamespace

import httpx
import pytest

from server.services import Services
from server.store.errors import StorageError
from server.watch import readiness


async def ready(client: httpx.AsyncClient) -> tuple[int, str, list[str], int]:
    answer = await client.get("/readyz")
    body = answer.json()
    return answer.status_code, body["status"], body["reasons"], body["room"]


async def test_a_node_with_room_is_ready(client: httpx.AsyncClient) -> None:
    assert await ready(client) == (200, "ready", [], 3)


async def test_a_full_node_and_one_that_drains(client: httpx.AsyncClient, calls: SimpleNamespace) -> None:
    calls.has_room, calls.room = False, 0
    assert await ready(client) == (503, "full", ["full"], 0)
    calls.draining = True
    assert await ready(client) == (503, "draining", ["draining"], 0)
    assert (await client.get("/healthz")).json()["status"] == "ok"


async def test_a_database_that_is_away_or_does_not_answer(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: object) -> None:
        raise StorageError("gone")

    async def silent(self: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(readiness, "DATABASE_SECONDS", 0.05)
    for ping in (away, silent):
        monkeypatch.setattr("server.store.store.Store.ping", ping)
        assert await ready(client) == (503, "database", ["database"], 3)
        assert (await client.get("/healthz")).status_code == 200


async def test_a_full_disk_and_a_missing_model(
    client: httpx.AsyncClient, calls: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "free_bytes", lambda folder: 400_000_000)
    del calls.pools["en"]
    assert await ready(client) == (503, "disk", ["disk", "models"], 3)
    metrics = (await client.get("/metrics")).text
    assert "tici_ready 0.0" in metrics
