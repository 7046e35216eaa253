"""Accounts, login sessions, keys, extensions."""

import asyncio
import time
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from server.pace import Locked, Lockout
from server.store import ConflictError, InvalidError, NotFoundError, Scope, Store, UserRecord, UserRole
from server.store.passwords import Passwords, WeakPasswordError, check_password, temporary_password
from server.store.tables.organisation import AuditTable
from server.store.tables.people import ApiKeyTable, LoginSessionTable, UserTable

LOCKOUT = Lockout(most=3, seconds=100)


async def log_in(store: Store, login: str, password: str) -> UserRecord | None:
    admitted = await store.sessions.log_in(login, password, 1, LOCKOUT)
    return admitted[0] if admitted is not None else None


async def wait_of(store: Store, login: str, password: str = "wrong horse") -> float:
    with pytest.raises(Locked) as locked:
        await log_in(store, login, password)
    return locked.value.wait


async def test_user_from_first_login_to_disabled(store: Store) -> None:
    added = await store.users.add("li", "correct horse", display_name="李娜", team="hz", queues=["loans", " cards", ""])
    assert (added.role, added.team, added.queues) == (UserRole.AGENT, "hz", {"loans", "cards"})
    assert await store.users.get("li") == await store.users.by_id(added.user_id) == added
    admitted = await store.sessions.log_in("li", "correct horse", 1, LOCKOUT)
    assert admitted is not None and admitted[0] == await store.sessions.get(admitted[1]) == added
    assert await log_in(store, "li", "wrong horse") is None
    assert await log_in(store, "nobody", "correct horse") is None
    await store.users.set_disabled("li", True)
    assert await log_in(store, "li", "correct horse") is None
    assert await store.sessions.get(admitted[1]) is None
    await store.users.set_disabled("li", False)
    assert await store.sessions.get(admitted[1]) is None, "disabling ends the sessions for good"


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        ({"role": "supervisor"}, True),
        ({"team": "*"}, True),
        ({"queues": ["loans"]}, True),
        ({"role": "agent", "team": "default", "queues": []}, False),
        ({"display_name": "李"}, False),
    ],
    ids=str,
)
async def test_other_rights_end_the_sessions(store: Store, change: dict[str, Any], ends: bool) -> None:
    await store.users.add("li", "correct horse")
    token = await store.sessions.create("li", hours=1)
    changed = await store.users.change("li", **change)
    assert await store.sessions.get(token) == (None if ends else changed)


async def test_wrong_passwords_lock_the_account_and_the_restart_does_not_help(url: str) -> None:
    store = await Store.open(url)
    await store.users.add("li", "correct horse")
    guesses = (log_in(store, "li", f"guess {i}") for i in range(5))
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(result) for result in results].count(Locked) == 2, "attempts at the same time count too"
    await store.close()
    store = await Store.open(url)
    assert 50 < await wait_of(store, "li", "correct horse") <= 100
    (kept,) = await store.users.list()
    assert kept.locked_until is not None and kept.locked_until > time.time() + 50
    async with store.read() as session:
        audits = [
            (row.action, row.subject_id, row.detail) for row in (await session.execute(select(AuditTable))).scalars()
        ]
    assert audits == [("user.locked", "li", {})]
    unlocked = await store.users.unlock("li")
    assert unlocked.locked_until is None
    assert await log_in(store, "li", "correct horse") == unlocked
    await store.close()


async def test_a_login_that_nobody_has_is_locked_the_same(store: Store) -> None:
    await store.users.add("li", "correct horse")
    for login in ("li", "nobody"):
        assert [await log_in(store, login, "wrong horse") for _ in range(3)] == [None] * 3
    waits = [await wait_of(store, login) for login in ("li", "nobody")]
    assert all(50 < wait <= 100 for wait in waits)
    assert [user.login for user in await store.users.list()] == ["li"]


async def test_a_right_password_clears_the_count(store: Store) -> None:
    await store.users.add("li", "correct horse")
    for password in ["wrong horse"] * 2 + ["correct horse"] + ["wrong horse"] * 2:
        await log_in(store, "li", password)
    assert await log_in(store, "li", "correct horse") is not None


async def test_a_changed_password_ends_the_other_sessions(store: Store) -> None:
    await store.users.add("li", "correct horse", temporary=True)
    here, there = [await store.sessions.create("li", hours=1) for _ in range(2)]
    assert not await store.sessions.change_password(here, "wrong horse", "battery staple", LOCKOUT)
    assert await store.sessions.change_password(here, "correct horse", "battery staple", LOCKOUT)
    changed = await store.sessions.get(here)
    assert changed is not None and not changed.must_change_password
    assert await store.sessions.get(there) is None
    assert await log_in(store, "li", "correct horse") is None
    assert await log_in(store, "li", "battery staple") == changed
    reset = await store.users.set_password("li", "temporary one", temporary=True)
    assert reset.must_change_password and await store.sessions.get(here) is None


async def test_guessing_the_old_password_locks_too(store: Store) -> None:
    await store.users.add("li", "correct horse")
    token = await store.sessions.create("li", hours=1)
    for _ in range(3):
        assert not await store.sessions.change_password(token, "wrong horse", "battery staple", LOCKOUT)
    with pytest.raises(Locked):
        await store.sessions.change_password(token, "correct horse", "battery staple", LOCKOUT)


async def test_a_login_does_not_outlive_the_password_it_was_checked_with(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.users.add("li", "correct horse")
    matches = Passwords.matches

    async def slowly(self: Passwords, password_hash: str, password: str) -> bool:
        right = await matches(self, password_hash, password)
        await store.users.set_password("li", "battery staple")
        return right

    monkeypatch.setattr(Passwords, "matches", slowly)
    assert await store.sessions.log_in("li", "correct horse", 1, LOCKOUT) is None


async def test_old_hashes_are_renewed_at_login(store: Store) -> None:
    await store.users.add("li", "correct horse")
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("correct horse")

    async def hash_of(session: AsyncSession) -> str:
        return (await session.execute(select(UserTable))).scalar_one().password_hash

    async def weaken(session: AsyncSession) -> None:
        (await session.execute(select(UserTable))).scalar_one().password_hash = weak

    await store.write(weaken)
    assert await log_in(store, "li", "correct horse") is not None
    renewed = await store.write(hash_of)
    assert "m=65536" in renewed and await log_in(store, "li", "correct horse") is not None
    assert await store.write(hash_of) == renewed


@pytest.mark.parametrize(
    "password", ["short", "longish-login", "nigol-hsignol", "Password123", "aaaabbbbaaaa", "x" * 257]
)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_password("Longish-login", password)


def test_good_passwords_are_taken() -> None:
    for password in ("correct horse", "四个不相干的词语连起来", temporary_password()):
        check_password("li", password)


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
    checking = asyncio.create_task(store.users.has_password("li", "correct horse"))
    turns = 0
    while not checking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5 and await checking


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
    assert known.reach.covers("default", "hz", "loans", "li")
    for wrong in ("", "tici", key.secret[:-1], key.secret + "x", f"tici.{key.info.key_id}.", "tici..x"):
        assert await store.keys.verify(wrong) is None
    revoked = await store.keys.revoke("switch")
    assert await store.keys.revoke("switch") == revoked
    assert await store.keys.verify(key.secret) is None
    assert not revoked.allows("listen")
    assert await store.keys.list() == [revoked]


async def test_a_key_for_one_team_and_some_queues(store: Store) -> None:
    key = await store.keys.add("crm", ["export"], team="hz", queues=["loans"])
    known = await store.keys.verify(key.secret)
    assert known is not None
    assert known.reach.covers("default", "hz", "loans", None)
    for elsewhere in (("other", "hz", "loans"), ("default", "sh", "loans"), ("default", "hz", "cards")):
        assert not known.reach.covers(*elsewhere, None)


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
        rows = [(await session.execute(select(table))).scalars().all() for table in tables]
        kept = str([row.model_dump() for found in rows for row in found])
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


async def test_an_extension_lent_for_a_while_comes_back(store: Store) -> None:
    for login in ("li", "wang"):
        await store.users.add(login, "correct horse")
    await store.assign_extension("8012", "li", at=100)
    await store.assign_extension("8012", "wang", at=200, until=300)
    found = [await store.resolve_agent("8012", at=at) for at in (100, 199, 200, 299, 300, 10_000)]
    assert found == ["li", "li", "wang", "wang", "li", "li"]
    (seat,) = await store.seats()
    assert (seat.login, seat.valid_from, seat.valid_to) == ("li", 300, None)
    await store.assign_extension("8012", "wang", at=150, until=400)
    found = [await store.resolve_agent("8012", at=at) for at in (149, 150, 299, 399, 400)]
    assert found == ["li", "wang", "wang", "wang", "li"]
    await store.free_extension("8012")
    assert await store.seats() == [] and await store.resolve_agent("8012") is None
    with pytest.raises(InvalidError, match="end after"):
        await store.assign_extension("8012", "li", at=200, until=200)


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
