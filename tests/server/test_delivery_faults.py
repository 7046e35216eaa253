"""Delivery goes on whatever goes wrong: broken addresses, slow receivers, a store that does not take news."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from time import time
from typing import Any, cast

import httpx

from server.delivery import Delivery
from server.store import OutboxItem, QueuePolicy, StorageError
from server.wire.events import DeliveryState, MessageState

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Outbox:
    """The store's outbox in memory; a queue's webhook is its name."""

    def __init__(self, *items: OutboxItem) -> None:
        self.items = {item.message_id: item for item in items}
        self.told: list[MessageState] = []
        self.news = asyncio.Condition()
        self.full = False
        self.deaf = False
        self.broken = 0

    async def outbox_due(self, now: float, *, adapter: str | None = None, limit: int = 100) -> list[OutboxItem]:
        if self.broken:
            self.broken -= 1
            raise RuntimeError
        due = [item for item in self.items.values() if item.next_attempt_at <= now]
        return sorted(due, key=lambda item: (item.next_attempt_at, item.message_id))[:limit]

    async def queue_policy(self, queue: str) -> QueuePolicy:
        return QueuePolicy(queue=queue, webhook_url=queue, webhook_secret="s")

    async def schedule_delivery(self, message_id: str, next_attempt_at: float) -> None:
        if self.full:
            raise StorageError
        item = self.items[message_id]
        self.items[message_id] = replace(item, next_attempt_at=next_attempt_at, attempts=item.attempts + 1)

    async def tell(self, conversation_id: str, state: MessageState) -> None:
        if self.deaf:
            raise StorageError
        self.told.append(state)
        del self.items[state.message_id]
        async with self.news:
            self.news.notify_all()

    async def told_all(self, count: int) -> list[MessageState]:
        async with asyncio.timeout(30), self.news:
            await self.news.wait_for(lambda: len(self.told) >= count)
        return self.told


def item(name: str, queue: str = "http://ok/", conversation: str | None = None, **more: Any) -> OutboxItem:
    values = {"attempts": 0, "next_attempt_at": 0.0} | more
    return OutboxItem(
        message_id=name, conversation_id=conversation or f"of {name}", idempotency_key=name, adapter="webhook",
        text=name, queue=queue, **values,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def delivering(outbox: Outbox, answer: Answer, attempts: int = 1) -> AsyncIterator["asyncio.Task[None]"]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), follow_redirects=True) as client:
        delivery = Delivery(cast(Any, outbox), outbox.tell, client, attempts, 30.0)
        task = asyncio.create_task(delivery.run())
        yield task
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def accept(request: httpx.Request) -> httpx.Response:
    return httpx.Response(204)


async def test_an_address_that_is_none_fails_its_message_and_no_other() -> None:
    outbox = Outbox(item("a", "http://host:port/"), item("b"))
    async with delivering(outbox, accept) as task:
        told = {state.message_id: state for state in await outbox.told_all(2)}
        assert not task.done()
    assert told["a"].state is DeliveryState.FAILED and "InvalidURL" in (told["a"].reason or "")
    assert told["b"].state is DeliveryState.DELIVERED


async def test_a_slow_webhook_holds_up_only_its_own_queue() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "slow":
            await asyncio.Event().wait()
        return httpx.Response(204)

    outbox = Outbox(*(item(f"s{i:02}", "http://slow/") for i in range(50)), item("z", next_attempt_at=1.0))
    async with delivering(outbox, answer):
        assert [state.message_id for state in await outbox.told_all(1)] == ["z"]


async def test_posts_at_once_are_bounded_and_messages_of_one_conversation_keep_their_order() -> None:
    now, most, order = 0, 0, []

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        order.append(request.headers["Idempotency-Key"])
        await asyncio.sleep(0.001 if request.headers["Idempotency-Key"] != "c1" else 0.1)
        now -= 1
        return httpx.Response(204)

    talk = [item(f"c{i}", conversation="c", next_attempt_at=float(i)) for i in (1, 2, 3)]
    outbox = Outbox(*talk, *(item(f"m{i:03}", f"http://q{i % 20}/") for i in range(100)))
    async with delivering(outbox, answer):
        await outbox.told_all(103)
    assert 4 < most <= 32
    assert [name for name in order if name.startswith("c")] == ["c1", "c2", "c3"]


async def test_a_message_is_counted_before_it_is_posted() -> None:
    outbox = Outbox(item("a"))
    seen: list[OutboxItem] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        seen.append(outbox.items["a"])
        return httpx.Response(503)

    async with delivering(outbox, answer, attempts=1):
        assert (await outbox.told_all(1))[0].attempts == 1
    assert seen[0].attempts == 1 and seen[0].next_attempt_at > time() - 10


async def test_nothing_is_posted_while_the_disk_is_full() -> None:
    posts = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal posts
        posts += 1
        return httpx.Response(204)

    outbox = Outbox(item("a"))
    outbox.full = True
    async with delivering(outbox, answer):
        await asyncio.sleep(0.1)
        assert posts == 0
        outbox.full = False
        await outbox.told_all(1)
    assert posts == 1


async def test_a_message_whose_last_attempt_could_not_be_noted_is_not_posted_again() -> None:
    posts = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal posts
        posts += 1
        return httpx.Response(503)

    outbox = Outbox(item("a"))
    outbox.deaf = True
    async with delivering(outbox, answer, attempts=1):
        await asyncio.sleep(0.1)
        outbox.items["a"] = replace(outbox.items["a"], next_attempt_at=0.0)
        outbox.deaf = False
        (state,) = await outbox.told_all(1)
    assert (posts, state.state, state.attempts) == (1, DeliveryState.FAILED, 1)


async def test_the_task_survives_whatever_the_store_raises() -> None:
    outbox = Outbox(item("a"))
    outbox.broken = 1
    async with delivering(outbox, accept):
        await outbox.told_all(1)


async def test_a_redirect_is_not_followed() -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "ok"
        return httpx.Response(307, headers={"Location": "http://inside/"})

    outbox = Outbox(item("a"))
    async with delivering(outbox, answer):
        (state,) = await outbox.told_all(1)
    assert (state.state, state.reason) == (DeliveryState.FAILED, "the webhook answered 307")
