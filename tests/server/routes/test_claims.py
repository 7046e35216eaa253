"""A call that nobody could be matched to is offered to agents of its queue, and to nobody else."""

import asyncio
from time import time
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from server.live.conversation import LiveConversation
from server.services import Services
from server.store import QueuePolicy
from server.wire.events import Channel
from tests.server.routes.door import ORIGIN, Door


@pytest.fixture(autouse=True)
async def people(services: Services) -> None:
    """xiaolin works for all queues of team hz, dawei for its cards alone, meili for another team, wang for all."""
    users = services.store.users
    await users.change("xiaolin", team="hz")
    await users.change("dawei", team="hz", queues=["cards"])
    await users.add("meili", "correct horse", team="sh")
    await users.add("wang", "correct horse", "supervisor", team="*")
    await services.store.save_queue(QueuePolicy(queue="loans", team="hz"))


async def ring(services: Services, external_id: str = "x", **values: Any) -> LiveConversation:
    values = {"channel": Channel.CALL, "language": "zh", "queue": "loans", **values}
    return await services.conversations.open(external_id=external_id, **values)


class As:
    """Asks and watches as a person."""

    def __init__(self, app: FastAPI, services: Services) -> None:
        self.app = app
        self.services = services

    async def cookie(self, login: str) -> str:
        return f"tici_session={await self.services.store.sessions.create(login, 1.0)}"

    async def door(self, login: str) -> Door:
        door = Door(self.app, "/v1/panel", cookie=await self.cookie(login))
        await door.until("claims")
        return door

    async def ask(self, login: str, method: str = "GET", path: str = "/v1/claims") -> httpx.Response:
        headers = {"Cookie": await self.cookie(login)}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN) as client:
            return await client.request(method, path, headers=headers)


@pytest.fixture
def people_do(app: FastAPI, services: Services) -> As:
    return As(app, services)


def listed(door: Door) -> list[list[str]]:
    return [[call["external_id"] for call in message["calls"]] for message in door.of("claims")]


async def test_a_call_is_offered_to_whoever_works_for_its_queue(people_do: As, services: Services) -> None:
    live = await ring(services)
    await ring(services, "bound", agent="xiaolin")
    await ring(services, "chat", channel=Channel.CHAT)
    for login, sees in (("xiaolin", True), ("wang", True), ("dawei", False), ("meili", False)):
        calls = (await people_do.ask(login)).json()
        assert [call["external_id"] for call in calls] == (["x"] if sees else [])
        if not sees:
            answer = await people_do.ask(login, "POST", f"/v1/claims/{live.conversation_id}")
            assert answer.status_code == 404
    assert live.session.state.agent is None


async def test_panels_hear_of_it_when_the_list_changes(people_do: As, services: Services) -> None:
    lin, li = await people_do.door("xiaolin"), await people_do.door("dawei")
    live = await ring(services)
    await lin.until("claims", 2)
    await live.do(lambda s: s.bind_customer("c-1", "crm", time()))
    assert (await lin.until("claims", 3))[-1]["calls"][0]["customer"] == "c-1"
    answer = await people_do.ask("wang", "POST", f"/v1/claims/{live.conversation_id}")
    assert answer.status_code == 200
    await lin.until("claims", 4)
    assert listed(lin) == [[], ["x"], ["x"], []]
    assert listed(li) == [[]], "nothing changes for whoever does not work for the queue"
    for door in (lin, li):
        await door.leave()


async def test_a_call_that_ends_or_is_given_back_changes_the_list(people_do: As, services: Services) -> None:
    live = await ring(services, agent="xiaolin")
    lin = await people_do.door("xiaolin")
    await live.do(lambda s: s.bind_agent(None, "switch", time()))
    await lin.until("claims", 2)
    await live.do(lambda s: s.end("hang-up", time()))
    await lin.until("claims", 3)
    assert listed(lin) == [[], ["x"], []]
    answer = await people_do.ask("xiaolin", "POST", f"/v1/claims/{live.conversation_id}")
    assert answer.status_code == 409
    await lin.leave()


async def test_of_two_who_claim_at_once_one_wins(people_do: As, services: Services) -> None:
    live = await ring(services)
    path = f"/v1/claims/{live.conversation_id}"
    answers = await asyncio.gather(people_do.ask("xiaolin", "POST", path), people_do.ask("wang", "POST", path))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert live.session.state.agent == ("xiaolin" if answers[0].status_code == 200 else "wang")


async def test_a_chat_cannot_be_claimed(people_do: As, services: Services) -> None:
    chat = await ring(services, channel=Channel.CHAT)
    assert (await people_do.ask("xiaolin", "POST", f"/v1/claims/{chat.conversation_id}")).status_code == 404
    assert (await people_do.ask("xiaolin", "POST", "/v1/claims/nothing")).status_code == 404
