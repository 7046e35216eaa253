"""Outbound: a campaign's system makes tasks; a call that names one opens with its cards, whichever news comes first."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from time import time
from typing import Any

import httpx
import pytest

from kb.article import Article
from server.ids import new_id
from server.services import Services
from server.signing import signature
from server.store import Scope
from server.store.tables.conversations import BusinessResultTable
from server.wire.events import SuggestionsRaised, TaskBound

Json = dict[str, Any]
TASK = {
    "external_id": "t-1",
    "campaign": "spring",
    "stage": "上传证件",
    "script": ["second", "first", "english", "nowhere"],
    "customer": "c-1",
    "agent": "xiaolin",
    "queue": "cards",
    "product": "loan",
    "context": {"amount": "5000"},
}


@pytest.fixture
async def key(services: Services) -> AsyncIterator[str]:
    yield (await services.store.keys.add("campaign", [Scope.EVENTS])).secret


@pytest.fixture(autouse=True)
async def articles(services: Services) -> None:
    made = [Article(id=name, answer=name, title=name, lang="zh") for name in ("first", "second")]
    await services.store.import_articles([*made, Article(id="english", answer="x", title="x", lang="en")], by="test")
    await services.knowledge.refresh()


async def save(client: httpx.AsyncClient, key: str, **changes: Any) -> httpx.Response:
    return await client.post("/v1/tasks", json=TASK | changes, headers={"Authorization": f"Bearer {key}"})


async def info(client: httpx.AsyncClient, key: str) -> Json:
    answer = await client.get("/v1/tasks/t-1", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def tell(client: httpx.AsyncClient, key: str, external_id: str, **event: Any) -> httpx.Response:
    body = json.dumps({"event_id": new_id(), "at": time(), **event}).encode()
    _, key_id, secret = key.split(".", 2)
    signing_key = hashlib.sha256(secret.encode()).hexdigest()
    headers = {"Tici-Key": key_id, "Tici-Signature": signature(signing_key, int(time()), body)}
    return await client.post(f"/v1/calls/{external_id}/events", content=body, headers=headers)


async def test_only_a_key_for_events_makes_tasks(client: httpx.AsyncClient, key: str, services: Services) -> None:
    other = (await services.store.keys.add("phone", [Scope.LISTEN])).secret
    assert (await client.post("/v1/tasks", json=TASK)).status_code == 401
    assert (await save(client, other)).status_code == 403
    assert (await save(client, key, script=[1])).status_code == 422
    assert (await client.get("/v1/tasks/t-9", headers={"Authorization": f"Bearer {key}"})).status_code == 404


async def test_the_same_external_id_changes_the_task(client: httpx.AsyncClient, key: str) -> None:
    assert (await save(client, key)).json()["task"]["campaign"] == "spring"
    await save(client, key, campaign="autumn")
    found = await info(client, key)
    assert (found["task"]["campaign"], found["status"], found["conversations"]) == ("autumn", "open", [])


async def raised(services: Services, conversation_id: str) -> list[tuple[str, list[tuple[str, str]]]]:
    live = await services.conversations.get(conversation_id)
    assert live is not None
    await live.settle()
    payloads = [event.payload for event in await services.store.events(conversation_id)]
    return [
        (p.trigger, [(card.article_id, card.source) for card in p.cards])
        for p in payloads
        if isinstance(p, SuggestionsRaised)
    ]


CARDS = [("t-1", [("second", "context"), ("first", "context")])]


@pytest.mark.parametrize("late", [False, True])
async def test_a_call_of_a_task_opens_with_its_script(
    client: httpx.AsyncClient, key: str, services: Services, late: bool
) -> None:
    await save(client, key)
    if late:
        began = await services.conversations.open(channel="call", external_id="call-1", language="zh", agent="xiaolin")
        assert await raised(services, began.conversation_id) == []
    answer = await tell(client, key, "call-1", type="answered", task="t-1")
    conversation_id = answer.json()["conversation_id"]
    assert await raised(services, conversation_id) == CARDS
    await tell(client, key, "call-1", type="hold", task="t-1")
    assert await raised(services, conversation_id) == CARDS, "once"
    record = await services.store.conversation(conversation_id)
    assert record is not None
    assert (record.agent, record.customer, record.context) == ("xiaolin", "c-1", {"amount": "5000"})
    live = await services.conversations.get(conversation_id)
    assert live is not None and live.session.state.product == "loan"
    found = await info(client, key)
    assert (found["status"], found["conversations"]) == ("started", [conversation_id])
    bound = [e for e in await services.store.events(conversation_id) if isinstance(e.payload, TaskBound)]
    assert len(bound) == late
    if not late:
        assert (record.queue, record.direction) == ("cards", "outbound")


@pytest.mark.parametrize("name", ["call-1", "t-1"])
async def test_a_result_days_later_by_the_call_or_by_the_task(
    client: httpx.AsyncClient, key: str, services: Services, name: str
) -> None:
    await save(client, key)
    began = await tell(client, key, "call-1", type="answered", task="t-1")
    conversation_id = began.json()["conversation_id"]
    await tell(client, key, "call-1", type="hangup")
    await services.conversations.forget(conversation_id)
    days = {"type": "result", "code": "applied", "event_id": "r-1", "at": time()}
    answers = [await tell(client, key, name, **days) for _ in range(2)]
    assert [a.json() for a in answers] == [
        {"conversation_id": conversation_id, "repeated": False, "task_bound": None},
        {"conversation_id": conversation_id, "repeated": True, "task_bound": None},
    ]
    found = await info(client, key)
    assert found["status"] == "done"
    assert [(r["result"], r["conversation_id"]) for r in found["results"]] == [("applied", conversation_id)]
    last = (await services.store.events(conversation_id))[-1].payload
    assert getattr(last, "code", None) == "applied"


async def test_a_result_before_any_call(client: httpx.AsyncClient, key: str, services: Services) -> None:
    await save(client, key)
    day = {"type": "result", "code": "refused", "event_id": "r-1"}
    first, again = [await tell(client, key, "t-1", **day) for _ in range(2)]
    assert first.json() == {"conversation_id": None, "repeated": False, "task_bound": None}
    assert again.json() == {"conversation_id": None, "repeated": True, "task_bound": None}
    assert (await tell(client, key, "nobody", **day)).status_code == 404
    await tell(client, key, "call-1", type="answered", task="t-1")
    assert (await tell(client, key, "t-1", **day)).json()["repeated"]
    assert [r["result"] for r in (await info(client, key))["results"]] == ["refused"]
    assert BusinessResultTable.__tablename__ == "business_result"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "leg_role", "leg": "a"}, "invalid"),
        ({"type": "language"}, "invalid"),
        ({"type": "language", "language": "fr"}, "unsupported_language"),
        ({"type": "consent"}, "invalid"),
        ({"type": "result"}, "invalid"),
    ],
)
async def test_events_that_say_nothing_are_refused(client: httpx.AsyncClient, key: str, event: Json, code: str) -> None:
    answer = await tell(client, key, "call-1", **event)
    assert (answer.status_code, answer.json()["problem"]["code"]) == (422, code)


async def test_an_unknown_task_does_not_lose_the_call(client: httpx.AsyncClient, key: str, services: Services) -> None:
    answer = await tell(client, key, "call-1", type="ringing", task="t-9")
    assert answer.status_code == 200
    assert await raised(services, answer.json()["conversation_id"]) == []


async def test_events_told_at_once_bind_the_task_once(client: httpx.AsyncClient, key: str, services: Services) -> None:
    await save(client, key)
    kinds = ("ringing", "answered", "hold", "resumed")
    answers = await asyncio.gather(*(tell(client, key, "call-1", type=kind, task="t-1") for kind in kinds))
    (conversation_id,) = {a.json()["conversation_id"] for a in answers}
    assert await raised(services, conversation_id) == CARDS
