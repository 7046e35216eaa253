"""Admins add people and keys, change rights, and every change is in the audit."""

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.demo import DEMO_LOGINS, PASSWORD, refuse_demo_logins, seed_demo
from server.pace import Lockout
from server.services import Services
from server.store.tables.organisation import AuditTable, TenantTable
from tests.server.routes.door import Json


@pytest.fixture
async def admin(client: httpx.AsyncClient, services: Services) -> httpx.AsyncClient:
    """Logged in as an admin."""
    await services.store.users.add("boss", "correct horse", "admin")
    client.cookies.set("tici_session", await services.store.sessions.create("boss", 1.0))
    return client


async def audits(services: Services) -> list[tuple[str, str, str]]:
    async with services.store.read() as session:
        rows = (await session.execute(select(AuditTable).order_by(AuditTable.__table__.c.at))).scalars()
        return [(row.by, row.action, row.subject_id) for row in rows]


async def person(admin: httpx.AsyncClient, login: str) -> Json:
    people = (await admin.get("/v1/admin/people")).json()
    found: Json = next(user for user in people["users"] if user["login"] == login)
    return found


async def test_a_person_is_added_changed_and_disabled(admin: httpx.AsyncClient, services: Services) -> None:
    body = {"login": "li", "display_name": "李娜", "role": "reviewer", "team": "hz", "queues": ["loans"]}
    added = await admin.post("/v1/admin/people", json=body)
    assert added.status_code == 201
    user, password = added.json()["user"], added.json()["password"]
    assert (user["team"], user["queues"], user["must_change_password"]) == ("hz", ["loans"], True)
    assert await services.store.users.has_password("li", password)
    path = f"/v1/admin/people/{user['user_id']}"
    token = await services.store.sessions.create("li", 1.0)
    changed = await admin.patch(path, json={"role": "supervisor"})
    assert (changed.json()["role"], changed.json()["team"]) == ("supervisor", "hz")
    assert await services.store.sessions.get(token) is None
    assert (await admin.patch(path, json={"disabled": True})).json()["disabled"]
    assert (await admin.patch(path, json={"role": "king"})).status_code == 422
    assert (await admin.post("/v1/admin/people", json=body)).status_code == 409
    assert await audits(services) == [("boss", f"user.{act}", "li") for act in ("add", "change", "change")]
    async with services.store.read() as session:
        kept = str([row.model_dump() for row in (await session.execute(select(AuditTable))).scalars()])
    assert password not in kept


async def test_nobody_takes_their_own_rights_away(admin: httpx.AsyncClient) -> None:
    path = f"/v1/admin/people/{(await person(admin, 'boss'))['user_id']}"
    for body in ({"role": "agent"}, {"disabled": True}):
        assert (await admin.patch(path, json=body)).status_code == 409
    assert (await admin.post(f"{path}/password")).status_code == 409
    assert (await admin.patch(path, json={"display_name": "Boss", "role": "admin"})).status_code == 200


async def test_a_locked_person_is_seen_and_unlocked(admin: httpx.AsyncClient, services: Services) -> None:
    for _ in range(2):
        await services.store.sessions.log_in("xiaolin", "wrong horse", 1, Lockout(most=2))
    locked = await person(admin, "xiaolin")
    assert locked["locked_until"] is not None
    unlocked = await admin.post(f"/v1/admin/people/{locked['user_id']}/unlock")
    assert unlocked.json()["locked_until"] is None
    assert await services.store.sessions.log_in("xiaolin", "correct horse", 1, Lockout(most=2)) is not None


async def test_a_reset_password_is_temporary(admin: httpx.AsyncClient, services: Services) -> None:
    path = f"/v1/admin/people/{(await person(admin, 'xiaolin'))['user_id']}/password"
    password = (await admin.post(path)).json()["password"]
    admitted = await services.store.sessions.log_in("xiaolin", password, 1, Lockout())
    assert admitted is not None and admitted[0].must_change_password
    assert await audits(services) == [("boss", "user.reset_password", "xiaolin")]


async def test_extensions_are_given_and_taken_back(admin: httpx.AsyncClient, services: Services) -> None:
    path = f"/v1/admin/people/{(await person(admin, 'xiaolin'))['user_id']}/extensions"
    given = await admin.post(path, json={"extension": "8012"})
    assert [row["extension"] for row in given.json()["extensions"]] == ["8012"]
    assert await services.store.resolve_agent("8012") == "xiaolin"
    wrong = await admin.post(path, json={"extension": "8012", "valid_from": 20, "valid_to": 10})
    assert wrong.status_code == 422
    assert (await admin.delete(f"{path}/8012")).json()["extensions"] == []
    assert await services.store.resolve_agent("8012") is None
    assert (await admin.delete(f"{path}/8012")).status_code == 404


async def test_keys_are_made_and_revoked(admin: httpx.AsyncClient, services: Services) -> None:
    body = {"name": "crm", "scopes": ["export"], "team": "hz", "queues": ["loans"]}
    made = (await admin.post("/v1/admin/keys", json=body)).json()
    known = await services.store.keys.verify(made["secret"])
    assert known is not None and (known.team, known.queues) == ("hz", {"loans"})
    assert made["secret"] not in (await admin.get("/v1/admin/keys")).text
    revoked = await admin.delete(f"/v1/admin/keys/{made['key']['key_id']}")
    assert revoked.json()["revoked_at"] is not None
    assert await services.store.keys.verify(made["secret"]) is None
    assert (await admin.delete("/v1/admin/keys/none")).status_code == 404


async def test_nobody_of_another_tenant_is_seen_or_changed(admin: httpx.AsyncClient, services: Services) -> None:
    async def found(session: AsyncSession) -> None:
        session.add(TenantTable(id="other", name="Other", created_at=0))

    await services.store.write(found)
    other = await services.store.users.add("li", "correct horse", tenant="other")
    assert "li" not in {user["login"] for user in (await admin.get("/v1/admin/people")).json()["users"]}
    for path in ("unlock", "password", "extensions"):
        answer = await admin.post(f"/v1/admin/people/{other.user_id}/{path}", json={"extension": "1"})
        assert answer.status_code == 404
    assert (await admin.patch(f"/v1/admin/people/{other.user_id}", json={"disabled": True})).status_code == 404


async def test_demo_logins_are_refused_outside_demo_mode(services: Services) -> None:
    store = services.store
    await store.users.change("dawei", display_name="a real person whose login the demo has too")
    await seed_demo(store, services.settings)
    token = await store.sessions.create("guanli", 1.0)
    demo = {account.login for account in DEMO_LOGINS}
    assert {account.role for account in DEMO_LOGINS} == {"agent", "supervisor", "reviewer", "trainer", "admin"}
    await refuse_demo_logins(store)
    assert await store.sessions.get(token) is None
    for login in demo - {"xiaolin", "dawei"}:
        assert await store.sessions.log_in(login, PASSWORD, 1, Lockout()) is None
    assert await store.sessions.log_in("dawei", "correct horse", 1, Lockout()) is not None
    await seed_demo(store, services.settings)
    assert await store.sessions.log_in("guanli", PASSWORD, 1, Lockout()) is not None
