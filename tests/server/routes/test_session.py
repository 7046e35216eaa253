"""Logging in, being locked out, choosing a password, and what other sites' pages and names may not do."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from server.app import create_app
from server.routes.hosts import HostCheck, own_names
from server.services import Services
from server.settings import Settings
from server.store.tables.organisation import AuditTable
from tests.server.routes.conftest import PASSWORD
from tests.server.routes.door import ORIGIN, Door

NEW = "battery staple"


async def log_in(client: httpx.AsyncClient, name: str = "xiaolin", password: str = PASSWORD) -> httpx.Response:
    return await client.post("/v1/session", json={"login": name, "password": password})


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["problem"]["code"]


@pytest.mark.parametrize("name", ["xiaolin", "nobody"])
async def test_after_five_wrong_passwords_there_is_a_wait(client: httpx.AsyncClient, name: str) -> None:
    wrong = [await log_in(client, name, f"guess {i}") for i in range(5)]
    assert {told(answer) for answer in wrong} == {(401, "unauthenticated")}
    late = await log_in(client, name)
    assert told(late) == (429, "too_fast")
    assert 800 < int(late.headers["Retry-After"]) <= 900
    assert (await log_in(client, "dawei")).status_code == 200


async def test_me_says_which_pages_there_are(client: httpx.AsyncClient) -> None:
    me = (await log_in(client)).json()
    assert me["pages"] == ["conversations", "panel"] and not me["must_change_password"]
    assert (await client.get("/v1/session")).json() == me


async def test_the_cookie_is_bound_to_the_host_over_tls(app: FastAPI) -> None:
    for origin, name in (("http://node", "tici_session"), ("https://node", "__Host-tici_session")):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin) as client:
            answer = await log_in(client)
            assert list(client.cookies) == [name]
            cookie = answer.headers["Set-Cookie"]
            assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Domain" not in cookie
            assert ("Secure" in cookie) == (origin == "https://node")
            assert (await client.get("/v1/session")).status_code == 200
            assert (await client.delete("/v1/session")).status_code == 204
            assert (await client.get("/v1/session")).status_code == 401
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://node") as client:
        await log_in(client)
        token = client.cookies["__Host-tici_session"]
        plain = {"Cookie": f"tici_session={token}"}
        client.cookies.clear()
        assert (await client.get("/v1/session", headers=plain)).status_code == 401


@pytest.fixture
async def newcomer(client: httpx.AsyncClient, services: Services) -> httpx.AsyncClient:
    """Logged in with a temporary password."""
    await services.store.users.add("lili", "temporary one", temporary=True)
    assert (await log_in(client, "lili", "temporary one")).json()["must_change_password"]
    return client


async def test_a_temporary_password_opens_nothing_but_its_own_change(
    newcomer: httpx.AsyncClient, services: Services, app: FastAPI
) -> None:
    cookie = f"tici_session={newcomer.cookies['tici_session']}"
    for path in ("/v1/conversations", "/v1/claims", "/v1/wrap-up-codes", "/v1/admin/people"):
        assert told(await newcomer.get(path)) == (403, "password_change")
    door = Door(app, "/v1/panel", cookie=cookie)
    assert await door.status() == 403
    changed = await newcomer.post("/v1/session/password", json={"old": "temporary one", "new": NEW})
    assert changed.status_code == 204
    assert (await newcomer.get("/v1/conversations")).status_code == 200
    assert not (await newcomer.get("/v1/session")).json()["must_change_password"]
    async with services.store.read() as session:
        (row,) = (await session.execute(select(AuditTable))).scalars()
    assert (row.by, row.action, row.subject_id, row.detail) == ("lili", "user.password", "lili", {})


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("wrong", NEW, (403, "forbidden")),
        ("temporary one", "short", (422, "weak_password")),
        ("temporary one", "temporary one", (422, "weak_password")),
        ("temporary one", "password123", (422, "weak_password")),
    ],
)
async def test_a_bad_change_changes_nothing(
    newcomer: httpx.AsyncClient, old: str, new: str, problem: tuple[int, str]
) -> None:
    assert told(await newcomer.post("/v1/session/password", json={"old": old, "new": new})) == problem
    assert (await newcomer.get("/v1/session")).json()["must_change_password"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"Origin": ORIGIN}, 204),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Sec-Fetch-Site": "none"}, 204),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Referer": f"{ORIGIN}/panel?x=1"}, 204),
        ({"Referer": "http://evil.example/node"}, 403),
        ({"Referer": "http://node.evil.example/"}, 403),
        ({"Referer": f"{ORIGIN}/", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
    ids=str,
)
async def test_other_sites_pages_change_nothing(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await log_in(client)
    answer = await client.post("/v1/session/password", json={"old": PASSWORD, "new": NEW}, headers=headers)
    assert answer.status_code == status


async def test_a_page_without_tls_is_another_site_over_tls(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://node") as client:
        assert (await client.delete("/v1/session", headers={"Origin": "http://node"})).status_code == 403
        assert (await client.delete("/v1/session", headers={"Origin": "https://node"})).status_code == 204


@pytest.fixture
async def named(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A node with two names of its own."""
    settings = Settings(
        data_dir=services.settings.data_dir,
        host="0.0.0.0",
        allowed_hosts=["Tici.bank.example"],
        allowed_origins=["https://crm.bank.example:8443"],
    )
    app = create_app(settings)
    app.state.services = services
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as made:
        yield made


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8600", 401),
        ("127.0.0.1:8600", 401),
        ("10.1.2.3", 401),
        ("[::1]:8600", 401),
        ("tici.bank.example", 401),
        ("TICI.bank.example.:8600", 401),
        ("crm.bank.example", 401),
        ("evil.example", 421),
        ("tici.bank.example.evil.example:8600", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
async def test_the_node_answers_to_its_own_names_only(named: httpx.AsyncClient, host: str, status: int) -> None:
    answer = await named.get("/v1/session", headers={"Host": host})
    assert answer.status_code == status
    assert status != 421 or "TICI_ALLOWED_HOSTS" in answer.json()["problem"]["message"]


async def test_sockets_answer_to_their_own_names_only(app: FastAPI) -> None:
    door = Door(app, "/v1/vosk", host="evil.example:8600", origin="http://evil.example:8600")
    assert await door.status() == 421


def test_a_star_allows_every_name() -> None:
    async def never(*_: object) -> None: ...

    check = HostCheck(never, own_names(Settings(allowed_hosts=["*"])))
    assert check._is_ours("whatever.example")
