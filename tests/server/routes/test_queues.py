"""Admins see and change what queues allow; doors refuse what no database can count; links are the customers'."""

import httpx
import pytest
from fastapi import FastAPI

from server.services import Services
from server.store import QueuePolicy
from server.wire.events import Channel
from tests.server.routes.door import Door
from tests.server.routes.test_admin import admin, audits

__all__ = ["admin"]
FAR = 10**20


async def test_a_queue_is_made_and_changed(admin: httpx.AsyncClient, services: Services) -> None:
    await services.store.save_queue(QueuePolicy("texts", webhook_url="http://crm/in", webhook_secret="hidden"))
    body = {"team": "hz", "recording_policy": "on_demand", "retention_class": "short"}
    made = await admin.put("/v1/admin/queues/loans", json=body)
    assert made.status_code == 200 and made.json().items() >= body.items()
    changed = (await admin.put("/v1/admin/queues/loans", json={"recording_policy": "off"})).json()
    assert (changed["recording_policy"], changed["team"]) == ("off", "hz")
    listed = await admin.get("/v1/admin/queues")
    assert [(q["queue"], q["team"], q["webhook"]) for q in listed.json()] == [
        ("default", "default", False),
        ("loans", "hz", False),
        ("texts", "default", True),
    ]
    assert "hidden" not in listed.text
    policy = await services.store.queue_policy("loans")
    assert (policy.recording_policy, policy.retention_class) == ("off", "short")
    assert await audits(services) == [("boss", "queue.set", "loans")] * 2


@pytest.mark.parametrize(
    "wrong",
    [{"recording_policy": "never"}, {"retention_class": "a class"}, {"team": "*"}, {"team": " "}, {"webhook_url": "x"}],
)
async def test_rules_that_do_not_exist_are_refused(
    admin: httpx.AsyncClient, services: Services, wrong: dict[str, str]
) -> None:
    assert (await admin.put("/v1/admin/queues/loans", json=wrong)).status_code == 422
    assert [one.queue for one in await services.store.queues()] == ["default"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        *((path, {"offset": FAR}) for path in (
            "/v1/conversations", "/v1/review/conversations", "/v1/training/samples", "/v1/privacy/receipts", "/v1/audit"
        )),
        *((path, {"limit": FAR}) for path in (
            "/v1/conversations", "/v1/review/conversations", "/v1/training/samples", "/v1/privacy/receipts",
            "/v1/audit", "/v1/training/articles", "/v1/kb/search?q=x",
        )),
        ("/v1/training/samples", {"since": "inf"}),
        ("/v1/audit", {"since": "nan"}),
        ("/v1/audit", {"until": 1e300}),
    ],
)  # fmt: skip
async def test_numbers_have_bounds(admin: httpx.AsyncClient, path: str, query: dict[str, float | str]) -> None:
    assert (await admin.get(path, params=query)).status_code == 422


def test_no_number_in_a_query_is_unbounded(app: FastAPI) -> None:
    """Every door that takes a number says how large it may be."""
    unbounded = [
        (path, one["name"])
        for path, methods in app.openapi()["paths"].items()
        for door in methods.values()
        for one in door.get("parameters", ())
        for kind in one["schema"].get("anyOf", [one["schema"]])
        if one["in"] == "query" and kind.get("type") in ("integer", "number") and "maximum" not in kind
    ]
    assert unbounded == []


async def test_an_agent_does_not_get_the_customers_link(app: FastAPI, services: Services) -> None:
    cookie = f"tici_session={await services.store.sessions.create('xiaolin', 1.0)}"
    await services.conversations.open(
        channel=Channel.CHAT, external_id="x", language="zh", queue="default", agent="xiaolin"
    )
    door = Door(app, "/v1/panel", cookie=cookie)
    (hello,) = await door.until("hello")
    assert [one["chat_url"] for one in hello["conversations"]] == [None]
    await door.leave()
