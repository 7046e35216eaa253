"""Takes messages from the outbox to the customer: the chat page, or the queue's signed webhook.

At least once: a receiver recognises a repetition by the idempotency key.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from time import time

import httpx

from server.signing import signature
from server.store import OutboxItem, QueuePolicy, Store
from server.wire.events import DeliveryState, MessageState

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5
AT_ONCE = 32
AT_ONCE_OF_QUEUE = 4
"""One slow webhook must not hold up the others."""
LOOK_AHEAD = 1000
Tell = Callable[[str, MessageState], Awaitable[None]]
"""Told of each change of a message's state, with the conversation's id."""


class Delivery:
    """Works off the outbox. Call `run` as a task, `wake` when there is something new."""

    def __init__(self, store: Store, tell: Tell, client: httpx.AsyncClient, attempts: int, chat_seconds: float) -> None:
        """`attempts` before a webhook message fails; `chat_seconds` before an unseen chat message does."""
        self._store = store
        self._tell = tell
        self._client = client
        self._attempts = attempts
        self._chat_seconds = chat_seconds
        self._wake = asyncio.Event()
        self._working: dict[str, asyncio.Task[None]] = {}
        """By conversation, so that its messages arrive in order."""
        self._queues: dict[str, str] = {}
        self.due = 0
        """Messages that were due at the last look, at most `LOOK_AHEAD`."""

    def wake(self) -> None:
        """There may be a new message."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            while True:
                try:
                    items = await self._store.outbox_due(time(), limit=LOOK_AHEAD)
                    self.due = len(items)
                    for item in items:
                        self._begin(item)
                # Whatever is wrong with the store now, messages are delivered again once it is not.
                except Exception as error:  # noqa: BLE001
                    log.error("the outbox cannot be read: %s", type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            for task in self._working.values():
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    def _begin(self, item: OutboxItem) -> None:
        """Try a message beside others, unless too many are being tried or one of its conversation is."""
        of_queue = sum(1 for queue in self._queues.values() if queue == item.queue)
        if item.conversation_id in self._working or len(self._working) >= AT_ONCE or of_queue >= AT_ONCE_OF_QUEUE:
            return

        def done(task: asyncio.Task[None]) -> None:
            del self._working[item.conversation_id], self._queues[item.conversation_id]
            self.wake()

        task = self._working[item.conversation_id] = asyncio.create_task(self._attempt(item))
        self._queues[item.conversation_id] = item.queue
        task.add_done_callback(done)

    async def _attempt(self, item: OutboxItem) -> None:
        try:
            await (self._post(item) if item.adapter == "webhook" else self._wait_for_page(item))
        # One message that cannot be delivered must not stop the others.
        except Exception as error:  # noqa: BLE001
            log.error("a delivery failed: %s", type(error).__name__)

    async def _wait_for_page(self, item: OutboxItem) -> None:
        """A chat message reaches the page with the conversation's events; here it only runs out of time."""
        if item.attempts:
            await self._report(item, DeliveryState.FAILED, item.attempts, "the customer's page has not shown it")
        else:
            await self._store.schedule_delivery(item.message_id, time() + self._chat_seconds)

    async def _post(self, item: OutboxItem) -> None:
        if item.attempts >= self._attempts:
            # The last attempt was made, and what came of it could not be stored.
            await self._report(item, DeliveryState.FAILED, item.attempts, "the webhook did not take it")
            return
        policy = await self._store.queue_policy(item.queue)
        attempt = item.attempts + 1
        # Counted before the post: whatever happens then, the message is not posted in a tight loop.
        await self._store.schedule_delivery(item.message_id, time() + 2.0**item.attempts)
        problem = await self._send(item, policy)
        if problem is None:
            await self._report(item, DeliveryState.DELIVERED, attempt, None)
        elif attempt >= self._attempts or policy.webhook_url is None:
            await self._report(item, DeliveryState.FAILED, attempt, problem)

    async def _send(self, item: OutboxItem, policy: QueuePolicy) -> str | None:
        """Post one message; None when it was accepted, else what went wrong."""
        if policy.webhook_url is None:
            return "the queue has no webhook"
        body = json.dumps(
            {"message_id": item.message_id, "conversation_id": item.conversation_id, "text": item.text},
            ensure_ascii=False,
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": item.idempotency_key,
            "Tici-Signature": signature(policy.webhook_secret or "", int(time()), body),
        }
        try:
            answer = await self._client.post(policy.webhook_url, content=body, headers=headers, follow_redirects=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"the webhook could not be reached ({type(error).__name__})"
        return None if answer.is_success else f"the webhook answered {answer.status_code}"

    async def _report(self, item: OutboxItem, state: DeliveryState, attempts: int, reason: str | None) -> None:
        news = MessageState(message_id=item.message_id, state=state, attempts=attempts, reason=reason)
        await self._tell(item.conversation_id, news)
