"""A key that is for some queues opens these, on every door; the calls of others it neither makes nor changes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from server.ids import new_id
from server.store import Scope, Store
from tests.server.clients import listen, start_message
from tests.server.node import Node
from tests.server.test_switch import tell


@pytest.fixture
async def cards_key(node: Node) -> AsyncIterator[str]:
    """A key for the queue `cards` alone."""
    store = await Store.open(f"sqlite+aiosqlite:///{node.data_dir / 'tici.db'}")
    made = await store.keys.add(f"cards-{new_id()}", [Scope.LISTEN, Scope.EVENTS], queues=["cards"])
    await store.close()
    yield made.secret


async def opened(node: Node, key: str, **start: Any) -> str:
    """`started`, or the code of the refusal."""
    async with listen(node, key=key) as sender:
        await sender.send(**start_message(**start))
        answer = await sender.until(lambda m: m["type"] in ("started", "error"))
        if answer["type"] == "started":
            await sender.send(type="stop")
            await sender.until_type("ended")
        return str(answer.get("code", "started"))


def queues(node: Node, external_id: str) -> list[object]:
    """The queue of the call, if there is one."""
    joined = "conversation join external_id on external_id.conversation_id = conversation.id"
    return [queue for (queue,) in node.rows(f"select queue from {joined} where external_id.value = ?", external_id)]


async def test_audio_of_another_queue_is_refused(node: Node, cards_key: str) -> None:
    mine, other = f"q-{new_id()}", f"q-{new_id()}"
    assert await opened(node, cards_key, external_id=mine, queue="cards") == "started"
    assert await opened(node, cards_key) == "forbidden"
    assert await opened(node, cards_key, queue="loans") == "forbidden"
    assert (await tell(node, other, type="ringing", queue="loans")).status_code == 200
    assert await opened(node, cards_key, external_id=other, queue="cards") == "forbidden"
    assert (queues(node, mine), queues(node, other)) == (["cards"], ["loans"])
    for external_id in (mine, other):
        await tell(node, external_id, type="hangup")


async def test_events_of_another_queue_are_refused(node: Node, cards_key: str) -> None:
    mine, other = f"q-{new_id()}", f"q-{new_id()}"
    assert (await tell(node, mine, key=cards_key, type="ringing", queue="cards")).status_code == 200
    # The call is known: its queue counts, whatever is told now.
    assert (await tell(node, mine, key=cards_key, type="answered", agent="xiaolin")).status_code == 200
    refused = await tell(node, other, key=cards_key, type="ringing", queue="loans")
    assert (refused.status_code, refused.json()["problem"]["code"]) == (403, "forbidden")
    assert (await tell(node, other, key=cards_key, type="ringing")).status_code == 403
    assert queues(node, other) == []
    assert (await tell(node, other, type="ringing", queue="loans")).status_code == 200
    for event in ({"type": "answered", "agent": "dawei"}, {"type": "hangup", "queue": "cards"}):
        assert (await tell(node, other, key=cards_key, **event)).status_code == 403
    for external_id in (mine, other):
        await tell(node, external_id, type="hangup")


async def test_tasks_of_another_queue_are_refused(node: Node, cards_key: str) -> None:
    name, mine = f"t-{new_id()}", f"q-{new_id()}"
    async with httpx.AsyncClient(base_url=node.http, trust_env=False) as client:

        async def save(key: str, queue: str | None) -> int:
            body = {"external_id": name, "queue": queue}
            return (await client.post("/v1/tasks", json=body, headers={"Authorization": f"Bearer {key}"})).status_code

        assert await save(cards_key, None) == 403
        assert await save(node.key, "loans") == 200
        assert await save(cards_key, "cards") == 403
        read = await client.get(f"/v1/tasks/{name}", headers={"Authorization": f"Bearer {cards_key}"})
        assert read.status_code == 403
    # Nor does a call, or a result, open the task to it.
    assert (await tell(node, mine, key=cards_key, type="ringing", queue="cards", task=name)).status_code == 403
    assert (await tell(node, name, key=cards_key, type="result", code="applied")).status_code == 403
    assert await opened(node, cards_key, external_id=mine, queue="cards", task=name) == "forbidden"
