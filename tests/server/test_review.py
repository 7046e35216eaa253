"""The door of a reviewer's search: who may ask, what may be asked, what the audit says of it."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from server.auth import COOKIE
from server.services import Services
from server.store import QueuePolicy, UserRole
from server.store.tables.organisation import AuditTable
from tests.server.routes.conftest import PASSWORD, app, client, services
from tests.server.store.dialogue import Dialogue, leg, said

__all__ = ["app", "client", "services"]
SEARCH = "/v1/review/conversations"


async def log_in(services: Services, client: httpx.AsyncClient, role: UserRole, **account: Any) -> None:
    await services.store.users.add("someone", PASSWORD, role, **account)
    client.cookies.set(COOKIE, await services.store.sessions.create("someone", 1))


async def keep(services: Services, name: str, text: str, queue: str = "cards") -> str:
    dialogue = Dialogue(name, queue=queue)
    await services.store.commit([dialogue.first, *dialogue.events(leg(), said(text, 0, 8000, f"{name}-0"))])
    return dialogue.id


async def found(client: httpx.AsyncClient, **asked: Any) -> set[str]:
    answer = await client.get(SEARCH, params=asked)
    assert answer.status_code == 200, answer.text
    return {one["row"]["external_id"] for one in answer.json()["found"]}


@pytest.mark.parametrize("role", [UserRole.AGENT, UserRole.TRAINER])
async def test_others_may_not_search(services: Services, client: httpx.AsyncClient, role: UserRole) -> None:
    assert (await client.get(SEARCH)).status_code == 401
    await log_in(services, client, role)
    for path in (SEARCH, "/v1/review/choices"):
        assert (await client.get(path)).status_code == 403


async def test_a_reviewer_finds_what_is_within_reach_and_nothing_else(
    services: Services, client: httpx.AsyncClient
) -> None:
    await services.store.save_queue(QueuePolicy(queue="cards", team="north"))
    await services.store.save_queue(QueuePolicy(queue="loans", team="north"))
    await services.store.save_queue(QueuePolicy(queue="south", team="south"))
    for queue in ("cards", "loans", "south"):
        await keep(services, queue, "我要转账户里的钱", queue)
    await log_in(services, client, UserRole.REVIEWER, team="north", queues=["cards"])
    assert await found(client) == {"cards"}
    assert await found(client, q="转账") == {"cards"}
    assert await found(client, q="转账", queue="loans") == set()
    assert await found(client, team="south") == set()
    choices = (await client.get("/v1/review/choices")).json()
    assert (choices["queues"], choices["teams"]) == (["cards"], ["north"])


async def test_a_long_query_without_spaces_is_cut_into_words(services: Services, client: httpx.AsyncClient) -> None:
    await keep(services, "call", "手续费多少，提前还的话还款有优惠吗")
    await log_in(services, client, UserRole.SUPERVISOR)
    assert await found(client, q="提前还款手续费") == {"call"}
    assert await found(client, q='"提前还款手续费"') == set()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"q": "，。"}, "no word"),
        ({"q": "一 二 三 四 五 六 七 八 九"}, "too long"),
        ({"q": "x" * 65}, "q"),
        ({"q": f'"{"银" * 8}"'}, "again and again"),
        ({"channel": "fax"}, "channel"),
        ({"direction": "up"}, "direction"),
        ({"has": "music"}, "has"),
        ({"from": "yesterday"}, "from"),
        ({"from": "nan"}, "from"),
        ({"from": 2, "to": 1}, "before"),
        ({"wrap_up": "nonsense"}, "wrap-up"),
        ({"limit": 101}, "limit"),
        ({"offset": -1}, "offset"),
        ({"agent": ""}, "agent"),
        ({"q": "a\0b"}, "q"),
    ],
)
async def test_bad_filters_are_refused(
    services: Services, client: httpx.AsyncClient, asked: dict[str, Any], says: str
) -> None:
    await log_in(services, client, UserRole.REVIEWER)
    answer = await client.get(SEARCH, params=asked)
    assert (answer.status_code, answer.json()["problem"]["code"]) == (422, "invalid")
    assert says in answer.json()["problem"]["message"]


async def test_the_audit_knows_whose_words_were_shown_and_not_what_was_searched(
    services: Services, client: httpx.AsyncClient
) -> None:
    call = await keep(services, "call", "我要挂失")
    await log_in(services, client, UserRole.REVIEWER)
    await found(client)
    await found(client, q="挂失", queue="cards")
    async with services.store.read() as session:
        notes = (await session.execute(select(AuditTable).where(AuditTable.action == "conversation.search"))).scalars()
        (note,) = list(notes)
    assert (note.by, note.detail) == ("someone", {"total": 1, "shown": [call]})
    assert "挂失" not in json.dumps(note.model_dump(), ensure_ascii=False)
