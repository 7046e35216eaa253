"""Accounts, login sessions, keys, extensions."""

import asyncio
import time

import pytest
from sqlalchemy import select

from server.store import ConflictError, InvalidError, NotFoundError, Scope, Store, UserRole
from server.store.tables.organisation import AuditTable
from server.store.tables.people import ApiKeyTable, LoginSessionTable, UserTable


async def test_user_from_first_login_to_lock_out(store: Store) -> None:
    added = await store.users.add("li", "correct horse", display_name="李娜", team="hz")
    assert (added.role, added.team, added.disabled) == (UserRole.AGENT, "hz", False)
    assert await store.users.get("li") == added
    assert await store.users.verify("li", "correct horse") == added
    assert await store.users.verify("li", "wrong horse") is None
    assert await store.users.verify("nobody", "correct horse") is None
    token = await store.sessions.create("li", hours=1)
    assert await store.sessions.get(token) == added

    promoted = await store.users.set_role("li", "supervisor")
    assert (await store.sessions.get(token)) == promoted
    await store.users.set_disabled("li", True)
    assert await store.users.verify("li", "correct horse") is None
    assert await store.sessions.get(token) is None
    await store.users.set_disabled("li", False)
    assert await store.sessions.get(token) is None, "a lock-out ends the sessions for good"


async def test_bad_accounts_are_refused(store: Store) -> None:
    await store.users.add("li", "correct horse")
    with pytest.raises(ConflictError, match="taken"):
        await store.users.add("li", "other horse")
    for login in ("", " li", "l\ni", "x" * 129):
        with pytest.raises(InvalidError, match="login"):
            await store.users.add(login, "correct horse")
    with pytest.raises(InvalidError, match="password"):
        await store.users.add("wang", "")
    with pytest.raises(InvalidError, match="agent, reviewer"):
        await store.users.add("wang", "correct horse", "boss")
    with pytest.raises(NotFoundError):
        await store.users.set_role("wang", UserRole.ADMIN)
    assert [user.login for user in await store.users.list()] == ["li"]


async def test_same_login_added_at_once_is_one_account(store: Store) -> None:
    added = (store.users.add("li", "correct horse") for _ in range(3))
    results = await asyncio.gather(*added, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["ConflictError", "ConflictError", "UserRecord"]


async def test_checking_a_password_does_not_hold_up_the_loop(store: Store) -> None:
    await store.users.add("li", "correct horse")
    checking = asyncio.create_task(store.users.verify("li", "correct horse"))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5


async def test_sessions_expire_and_end(store: Store) -> None:
    await store.users.add("li", "correct horse")
    token = await store.sessions.create("li", hours=1)
    assert await store.sessions.get(token, now=time.time() + 3601) is None
    assert await store.sessions.get("guess") is None
    await store.sessions.delete(token)
    await store.sessions.delete(token)
    assert await store.sessions.get(token) is None
    with pytest.raises(NotFoundError):
        await store.sessions.create("nobody", hours=1)


async def test_expired_sessions_are_swept(store: Store) -> None:
    await store.users.add("li", "correct horse")
    await store.sessions.create("li", hours=-1)
    await store.sessions.create("li", hours=1)
    async with store.read() as session:
        assert len((await session.execute(select(LoginSessionTable))).all()) == 1


async def test_key_from_making_to_revoking(store: Store) -> None:
    key = await store.keys.add("switch", ["listen", Scope.EVENTS])
    known = await store.keys.verify(key.secret)
    assert known == key.info
    assert known.allows("listen") and not known.allows("chat")
    for wrong in ("", "tici", key.secret[:-1], key.secret + "x", f"tici.{key.info.key_id}.", "tici..x"):
        assert await store.keys.verify(wrong) is None
    revoked = await store.keys.revoke("switch")
    assert await store.keys.revoke("switch") == revoked
    assert await store.keys.verify(key.secret) is None
    assert not revoked.allows("listen")
    assert await store.keys.list() == [revoked]


async def test_bad_keys_are_refused(store: Store) -> None:
    await store.keys.add("switch", ["admin"])
    with pytest.raises(ConflictError, match="switch"):
        await store.keys.add("switch", ["listen"])
    with pytest.raises(InvalidError, match="unknown scope"):
        await store.keys.add("crm", ["everything"])
    with pytest.raises(InvalidError, match="scope"):
        await store.keys.add("crm", [])
    with pytest.raises(InvalidError, match="name"):
        await store.keys.add(" ", ["listen"])
    with pytest.raises(NotFoundError):
        await store.keys.revoke("crm")


async def test_secrets_are_not_in_the_database(store: Store) -> None:
    await store.users.add("li", "correct horse")
    token = await store.sessions.create("li", hours=1)
    key = await store.keys.add("switch", ["listen"])
    async with store.read() as session:
        tables = (UserTable, LoginSessionTable, ApiKeyTable)
        kept = repr([(await session.execute(select(table))).all() for table in tables])
    secret = key.secret.rsplit(".", 1)[1]
    assert "correct horse" not in kept and token not in kept and secret not in kept
    assert "$argon2id$" in kept


async def test_agents_are_found_by_login_or_extension_at_a_time(store: Store) -> None:
    for login in ("li", "wang"):
        await store.users.add(login, "correct horse")
    await store.assign_extension("8012", "li", at=100)
    await store.assign_extension("8012", "wang", at=200)
    found = [await store.resolve_agent("8012", at=at) for at in (99, 100, 199, 200)]
    assert found == [None, "li", "li", "wang"]
    assert await store.resolve_agent("wang") == "wang"
    assert await store.resolve_agent("8013") is None
    with pytest.raises(InvalidError, match="nobody"):
        await store.assign_extension("8012", "nobody")


async def test_disabled_agents_get_no_calls(store: Store) -> None:
    await store.users.add("li", "correct horse")
    await store.assign_extension("8012", "li", at=100)
    await store.users.set_disabled("li", True)
    assert await store.resolve_agent("li") is None
    assert await store.resolve_agent("8012") is None


async def test_audit_is_kept(store: Store) -> None:
    await store.append_audit("li", "user.add", ("user", "wang"), {"role": "agent"})
    async with store.read() as session:
        row = (await session.execute(select(AuditTable))).scalar_one()
    assert (row.by, row.subject_type, row.subject_id, row.detail) == ("li", "user", "wang", {"role": "agent"})
