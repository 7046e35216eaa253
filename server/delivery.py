"""Takes messages from the outbox to the customer: the chat page, or the queue's signed webhook.

At least once: a receiver recognises a repetition by the idempotency key.
"""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from time import time

import httpx

from server.store import OutboxItem, QueuePolicy, Store, StoreError
from server.wire.events import DeliveryState, MessageState

log = logging.getLogger(__name__)
POLL_SECONDS = 0.5
Tell = Callable[[str, MessageState], Awaitable[None]]
"""Told of each change of a message's state, with the conversation's id."""


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """`Tici-Signature` header: HMAC-SHA256 over `timestamp.body`, hex, with the timestamp so that it can age."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


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

    def wake(self) -> None:
        """There may be a new message."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            try:
                for item in await self._store.outbox_due(time()):
                    await self._attempt(item)
            except StoreError as error:
                log.error("the outbox cannot be read: %s", type(error).__name__)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def _attempt(self, item: OutboxItem) -> None:
        if item.adapter == "webhook":
            await self._post(item)
        else:
            await self._wait_for_page(item)

    async def _wait_for_page(self, item: OutboxItem) -> None:
        """A chat message reaches the page with the conversation's events; here it only runs out of time."""
        if item.attempts:
            await self._report(item, DeliveryState.FAILED, "the customer's page has not shown it")
        else:
            await self._store.schedule_delivery(item.message_id, time() + self._chat_seconds)

    async def _post(self, item: OutboxItem) -> None:
        policy = await self._store.queue_policy(item.queue)
        problem = await self._send(item, policy)
        if problem is None:
            await self._report(item, DeliveryState.DELIVERED, None)
        elif item.attempts + 1 >= self._attempts or policy.webhook_url is None:
            await self._report(item, DeliveryState.FAILED, problem)
        else:
            await self._store.schedule_delivery(item.message_id, time() + 2.0**item.attempts)

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
            answer = await self._client.post(policy.webhook_url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return f"the webhook could not be reached ({type(error).__name__})"
        return None if answer.is_success else f"the webhook answered {answer.status_code}"

    async def _report(self, item: OutboxItem, state: DeliveryState, reason: str | None) -> None:
        news = MessageState(message_id=item.message_id, state=state, attempts=item.attempts + 1, reason=reason)
        await self._tell(item.conversation_id, news)
