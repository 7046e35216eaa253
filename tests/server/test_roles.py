"""Every door with every caller, by attempt: a door that is not declared here fails, and so does one that lets in more.

`DOORS` is what is wanted, written out by hand; nothing here asks the server who may do what.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import time
from types import MappingProxyType
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from server.app import create_app
from server.services import Services
from server.signing import signature
from server.store import QueuePolicy, Scope, UserRole
from server.store.people import digest
from server.wire.events import Channel
from tests.server.routes.conftest import PASSWORD, services
from tests.server.routes.door import ORIGIN, Door

__all__ = ["services"]

ROLES = frozenset({"agent", "reviewer", "trainer", "supervisor", "admin"})
KEYS = frozenset(f"key:{scope}" for scope in ("listen", "chat", "events", "export", "metrics", "admin"))
OUTSIDE = frozenset({"anonymous", "newcomer", "key:revoked"})
"""Not logged in; logged in as an admin whose password is still a temporary one; with a key that was revoked."""
EVERYBODY = ROLES | KEYS | OUTSIDE
TRUSTED = EVERYBODY - KEYS - {"key:revoked"}
"""Whoever calls from this machine and shows no key."""

NOBODY: frozenset[str] = frozenset()
PANEL = frozenset({"agent", "supervisor"})
FLOOR = frozenset({"supervisor", "admin"})
CONVERSATIONS = frozenset({"agent", "reviewer", "supervisor", "admin"})
REVIEW = frozenset({"reviewer", "supervisor", "admin"})
TRAINING = frozenset({"trainer", "admin"})
ADMIN = frozenset({"admin"})


def key(scope: str) -> frozenset[str]:
    return frozenset({f"key:{scope}", "key:admin"})


DOORS: dict[str, frozenset[str]] = {
    # The pages' files hold nothing of anybody; what they show comes through the doors below.
    "GET /": EVERYBODY,
    "GET /login": EVERYBODY,
    "GET /password": EVERYBODY,
    "GET /no-access": EVERYBODY,
    "GET /panel": EVERYBODY,
    "GET /floor": EVERYBODY,
    "GET /demo": EVERYBODY,
    "GET /conversations": EVERYBODY,
    "GET /conversations/{rest:path}": EVERYBODY,
    "GET /training": EVERYBODY,
    "GET /admin/{rest:path}": EVERYBODY,
    "GET /chat": EVERYBODY,
    "GET /icon.svg": EVERYBODY,
    "GET /openapi.json": ROLES,
    "MOUNT /assets": EVERYBODY,
    "GET /healthz": EVERYBODY,
    "GET /readyz": EVERYBODY,
    # Without a key only from networks that are trusted, as this machine is.
    "GET /metrics": TRUSTED | key("metrics"),
    # The session
    "POST /v1/session": EVERYBODY,
    "DELETE /v1/session": EVERYBODY,
    "GET /v1/session": ROLES | {"newcomer"},
    "POST /v1/session/password": ROLES | {"newcomer"},
    # Work
    "WS /v1/panel": PANEL,
    "GET /v1/claims": PANEL,
    "POST /v1/claims/{conversation_id}": PANEL,
    "GET /v1/kb/search": ROLES,
    "GET /v1/wrap-up-codes": ROLES,
    "GET /v1/floor": FLOOR,
    # Conversations
    "GET /v1/conversations": CONVERSATIONS,
    "GET /v1/conversations/{conversation_id}": CONVERSATIONS | key("export"),
    "GET /v1/conversations/{conversation_id}/recordings/{leg}": CONVERSATIONS | key("export"),
    "GET /v1/review/conversations": REVIEW,
    "GET /v1/review/choices": REVIEW,
    # Training
    "GET /v1/training/samples": TRAINING,
    "GET /v1/training/samples/{sample_id}": TRAINING,
    "POST /v1/training/samples/{sample_id}": TRAINING,
    "DELETE /v1/training/samples/{sample_id}/decisions/{action_id}": TRAINING,
    "GET /v1/training/intents": TRAINING,
    "GET /v1/training/articles": TRAINING,
    "GET /v1/training/export": TRAINING,
    "GET /v1/training/wordings": TRAINING,
    "POST /v1/training/wordings/{article_id}/{article_version}/{wording}": TRAINING,
    # Administration
    "GET /v1/admin/people": ADMIN,
    "POST /v1/admin/people": ADMIN,
    "PATCH /v1/admin/people/{user_id}": ADMIN,
    "POST /v1/admin/people/{user_id}/unlock": ADMIN,
    "POST /v1/admin/people/{user_id}/password": ADMIN,
    "POST /v1/admin/people/{user_id}/extensions": ADMIN,
    "DELETE /v1/admin/people/{user_id}/extensions/{extension}": ADMIN,
    "GET /v1/admin/keys": ADMIN,
    "POST /v1/admin/keys": ADMIN,
    "DELETE /v1/admin/keys/{key_id}": ADMIN,
    "GET /v1/admin/queues": ADMIN,
    "PUT /v1/admin/queues/{queue}": ADMIN,
    "GET /v1/privacy/rules": ADMIN,
    "PUT /v1/privacy/rules/{retention_class}": ADMIN,
    "PUT /v1/privacy/products/{product}": ADMIN,
    "GET /v1/privacy/holds": ADMIN,
    "POST /v1/privacy/holds": ADMIN,
    "POST /v1/privacy/holds/{hold_id}/release": ADMIN,
    "POST /v1/privacy/customer": ADMIN,
    "POST /v1/privacy/customer/export": ADMIN,
    "POST /v1/privacy/customer/delete": ADMIN,
    "GET /v1/privacy/receipts": ADMIN,
    "GET /v1/audit": ADMIN,
    # Machines
    "WS /v1/listen": key("listen"),
    "WS /v1/vosk": TRUSTED | key("listen"),
    # A connector decides for itself; there is none of the name that is tried here.
    "WS /v1/connect/{name}": NOBODY,
    "POST /v1/chats": key("chat"),
    "POST /v1/calls/{external_id}/events": key("events"),
    "POST /v1/tasks": key("events"),
    "GET /v1/tasks/{external_id}": key("events"),
    # Customers come with a signed link.
    "WS /v1/chat": NOBODY,
    # Demo mode
    "GET /v1/demo/logins": EVERYBODY,
    "GET /v1/demo/calls": PANEL,
    "GET /v1/demo/calls/{call_id}/audio": PANEL,
    "POST /v1/demo/replays": PANEL,
    "POST /v1/demo/chats": PANEL,
}

BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/session": {"login": "guest", "password": PASSWORD},
    "POST /v1/chats": {"external_id": "web-1"},
}
"""Where a door looks at the body first, one that it takes."""


@dataclass(frozen=True)
class Caller:
    """Somebody at the doors. `secret` is a key's."""

    cookie: str = ""
    secret: str = ""

    def headers(self, body: bytes = b"") -> dict[str, str]:
        if self.cookie:
            return {"cookie": f"tici_session={self.cookie}"}
        if self.secret:
            _, key_id, secret = self.secret.split(".")
            signed = signature(digest(secret), int(time()), body)
            return {"authorization": f"Bearer {self.secret}", "tici-key": key_id, "tici-signature": signed}
        return {}


class Idle:
    """The calls of a node that has none."""

    has_room, room, live, limited, draining, load = True, 1, 0, True, False, None
    pools: Mapping[str, Any] = MappingProxyType({})
    open_calls = ()

    async def has_place_for(self, external_id: str) -> bool:
        return True


@pytest.fixture
def serving(services: Services) -> FastAPI:
    app = create_app(services.settings)
    app.state.services = replace(services, calls=cast(Any, Idle()))
    return app


async def enter(services: Services, name: str) -> Caller:
    """The caller of that name, on a session of their own."""
    store = services.store
    if name == "anonymous":
        return Caller()
    if name.startswith("key:"):
        scope = name.removeprefix("key:")
        revoked = scope == "revoked"
        made = await store.keys.add(name, list(Scope) if revoked else [scope])
        if revoked:
            await store.keys.revoke(name)
        return Caller(secret=made.secret)
    role = UserRole.ADMIN if name == "newcomer" else name
    if await store.users.get(name) is None:
        await store.users.add(name, PASSWORD, role, temporary=name == "newcomer")
    return Caller(cookie=await store.sessions.create(name, 1.0))


def doors(routes: Iterable[BaseRoute]) -> Iterator[str]:
    """Every door of the application: method and path."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from doors(included.routes)
        elif isinstance(route, WebSocketRoute):
            yield f"WS {route.path}"
        elif isinstance(route, Mount):
            yield f"MOUNT {route.path}"
        elif isinstance(route, Route | APIRoute):
            yield from (f"{method} {route.path}" for method in sorted((route.methods or set()) - {"HEAD"}))
        else:
            raise AssertionError(f"a kind of route that nobody thought of: {route!r}")


async def admitted(app: FastAPI, caller: Caller, door: str) -> bool:
    """Whether the door lets the caller in, whatever it says of what they want."""
    method, path = door.split(" ", 1)
    path = re.sub(r"\{\w+(:\w+)?\}", "x", path)
    if method == "WS":
        return await upgraded(app, caller, path)
    content = httpx.Request("POST", ORIGIN, json=BODIES[door]).content if door in BODIES else b""
    headers = caller.headers(content) | {"content-type": "application/json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        method, path = ("GET", f"{path}/x") if method == "MOUNT" else (method, path)
        answer = await client.request(method, path, headers=headers, content=content)
    assert answer.status_code != 405
    return answer.status_code not in (401, 403)


async def upgraded(app: FastAPI, caller: Caller, path: str) -> bool:
    headers = {name: value for name, value in caller.headers().items() if not name.startswith("tici-")}
    door = Door(app, path, **headers)
    if await door.status() != 101:
        return False
    if path == "/v1/chat":
        return await door.close_code() != 1008
    await door.leave()
    return True


def test_every_door_is_declared(serving: FastAPI) -> None:
    found = set(doors(serving.routes))
    assert "WS /v1/panel" in found and "POST /v1/session" in found
    assert found - DOORS.keys() == set(), "say in DOORS who may use these"
    assert DOORS.keys() - found == set(), "these are gone: take them out of DOORS"


@pytest.mark.parametrize("name", sorted(EVERYBODY))
async def test_callers_pass_their_doors_and_no_others(services: Services, serving: FastAPI, name: str) -> None:
    await services.store.users.add("guest", PASSWORD)
    wrong = []
    caller = await enter(services, name)
    for door in sorted(set(doors(serving.routes)) & DOORS.keys()):
        if await admitted(serving, caller, door) != (name in DOORS[door]):
            wrong.append(f"{'kept out of' if name in DOORS[door] else 'let into'} {door}")
        if door == "DELETE /v1/session" and caller.cookie:
            caller = await enter(services, name)
    assert not wrong


@pytest.fixture
async def as_team(serving: FastAPI, services: Services) -> AsyncIterator[Any]:
    """Asks with a key of a team."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(serving), base_url=ORIGIN) as client:

        async def ask(team: str, path: str, scope: str = "export", **body: Any) -> int:
            made = await services.store.keys.add(f"{team}-{path}-{body}", [scope], team=team)
            headers = {"Authorization": f"Bearer {made.secret}"}
            answer = await client.request("POST" if body else "GET", path, headers=headers, json=body or None)
            return answer.status_code

        yield ask


async def test_a_key_reads_and_opens_only_what_is_its_teams(as_team: Any, services: Services) -> None:
    await services.store.save_queue(QueuePolicy(queue="loans", team="hz"))
    live = await services.conversations.open(channel=Channel.CALL, external_id="x", language="zh", queue="loans")
    path = f"/v1/conversations/{live.conversation_id}"
    assert [await as_team(team, path) for team in ("hz", "*", "default")] == [200, 200, 404]
    opened = [await as_team(t, "/v1/chats", "chat", external_id=f"c-{t}", queue="loans") for t in ("hz", "default")]
    assert opened == [201, 403]
    assert await as_team("default", "/v1/chats", "chat", external_id="c-hz", queue="default") == 403


async def test_people_read_what_is_theirs(serving: FastAPI, services: Services) -> None:
    users = services.store.users
    for queue, team in (("loans", "hz"), ("cards", "hz"), ("cars", "sh")):
        await services.store.save_queue(QueuePolicy(queue=queue, team=team))
    for login, role, team, queues in (
        ("hz-all", "reviewer", "hz", []),
        ("hz-loans", "supervisor", "hz", ["loans"]),
        ("boss", "admin", "default", []),
        ("train", "trainer", "*", []),
    ):
        await users.add(login, PASSWORD, role, team=team, queues=queues)
    ids = {}
    for queue, agent in (("loans", "xiaolin"), ("cards", "dawei"), ("cars", "xiaolin")):
        live = await services.conversations.open(
            channel=Channel.CALL, external_id=queue, language="zh", queue=queue, agent=agent
        )
        ids[queue] = live.conversation_id
    sees = {
        "xiaolin": {"loans", "cars"},
        "hz-all": {"loans", "cards"},
        "hz-loans": {"loans"},
        "boss": {"loans", "cards", "cars"},
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(serving), base_url=ORIGIN) as client:
        for login, wanted in sees.items():
            headers = {"Cookie": f"tici_session={await services.store.sessions.create(login, 1.0)}"}
            listed = (await client.get("/v1/conversations", headers=headers)).json()
            assert ({row["queue"] for row in listed["rows"]}, listed["total"]) == (wanted, len(wanted))
            for queue, conversation_id in ids.items():
                status = (await client.get(f"/v1/conversations/{conversation_id}", headers=headers)).status_code
                assert (login, queue, status) == (login, queue, 200 if queue in wanted else 404)
        headers = {"Cookie": f"tici_session={await services.store.sessions.create('train', 1.0)}"}
        assert (await client.get("/v1/conversations", headers=headers)).status_code == 403
