"""A scripted switch on a running node: who sees the call, and who does not."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from server.ids import new_id
from server.signing import signature
from tests.server.clients import Socket, browser, listen, panel, start_message
from tests.server.node import Node


async def tell(node: Node, external_id: str, key: str | None = None, **event: Any) -> httpx.Response:
    """Send one call event, signed."""
    body = json.dumps({"event_id": new_id(), "at": time.time(), **event}).encode()
    _, key_id, secret = (key or node.key).split(".", 2)
    signing_key = hashlib.sha256(secret.encode()).hexdigest()
    headers = {"Tici-Key": key_id, "Tici-Signature": signature(signing_key, int(time.time()), body)}
    async with httpx.AsyncClient(base_url=node.http, trust_env=False) as client:
        return await client.post(f"/v1/calls/{external_id}/events", content=body, headers=headers)


@asynccontextmanager
async def two_panels(node: Node) -> AsyncIterator[tuple[Socket, Socket]]:
    """The panels of xiaolin and dawei."""
    async with browser(node) as one, browser(node, "dawei") as two, panel(node, one) as lin, panel(node, two) as dawei:
        yield lin, dawei


async def test_a_transfer_moves_the_call_from_one_screen_to_the_other(node: Node) -> None:
    call = f"switch-{new_id()}"
    async with two_panels(node) as (lin, dawei), listen(node) as sender:
        assert (await tell(node, call, type="ringing")).status_code == 200
        assert (await tell(node, call, type="answered", agent="xiaolin")).status_code == 200
        conversation = (await lin.until_type("assigned"))["conversation"]["conversation_id"]
        await sender.send(**start_message(external_id=call))
        assert (await sender.until_type("started"))["conversation_id"] == conversation
        await lin.send(type="watch", conversation_id=conversation)
        await tell(node, call, type="transferred", agent="dawei")
        assert (await lin.until_type("unassigned"))["conversation_id"] == conversation
        await tell(node, call, type="answered", agent="dawei")
        assert (await dawei.until_type("assigned"))["conversation"]["conversation_id"] == conversation
        await lin.send(type="watch", conversation_id=conversation)
        assert (await lin.until_type("error"))["problem"]["code"] == "forbidden"
        await sender.send(type="stop")
        await sender.until_type("ended")


async def test_an_event_told_twice_or_with_a_wrong_signature(node: Node) -> None:
    call, event_id = f"switch-{new_id()}", new_id()
    first = await tell(node, call, type="answered", event_id=event_id, agent="xiaolin")
    again = await tell(node, call, type="answered", event_id=event_id, agent="xiaolin")
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    key_id = node.key.split(".")[1]
    forged = await tell(node, call, key=f"tici.{key_id}.wrong", type="hangup")
    assert forged.status_code == 401
    assert (await tell(node, call, type="dancing")).status_code == 422
    assert (await tell(node, f"switch-{new_id()}", type="result", code="applied")).status_code == 404
    assert (await tell(node, call, type="hangup")).status_code == 200


async def test_a_call_of_an_unknown_extension_is_claimed_by_one(node: Node) -> None:
    call = f"switch-{new_id()}"
    taken = await tell(node, call, type="answered", agent="8099")
    conversation = taken.json()["conversation_id"]
    async with browser(node) as one, browser(node, "dawei") as two, panel(node, one) as lin:
        waiting = [c["conversation_id"] for c in (await two.get("/v1/claims")).json()]
        assert conversation in waiting
        answers = await asyncio.gather(*(c.post(f"/v1/claims/{conversation}") for c in (one, one, two)))
        assert sorted(a.status_code for a in answers) == [200, 409, 409]
        winner = "xiaolin" if answers[2].status_code == 409 else "dawei"
        rows = node.rows("select agent from conversation where id = ?", conversation)
        assert rows == [(winner,)]
        if winner == "xiaolin":
            assert (await lin.until_type("assigned"))["conversation"]["conversation_id"] == conversation
    await tell(node, call, type="hangup")
