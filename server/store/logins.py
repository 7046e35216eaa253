"""Logging in: passwords are checked against guessing, and sessions kept."""

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.pace import Attempts, Lockout
from server.store.database import Database
from server.store.passwords import Passwords
from server.store.people import (
    digest,
    end_sessions,
    existing_user,
    find_user,
    forget_failures,
    keep_password,
    user_record,
)
from server.store.queries.organisation import append_audit
from server.store.records import UserRecord
from server.store.tables.columns import DEFAULT_TENANT
from server.store.tables.people import LoginSessionTable, UserTable


@dataclass(frozen=True, slots=True)
class _Known:
    """An account as it was when an attempt was counted."""

    user_id: str
    password_hash: str
    disabled: bool
    locks: bool
    """Whether this was the last attempt before a wait."""


class Sessions:
    """Logged-in browsers."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        """Work on an open database."""
        self._database = database
        self._passwords = passwords
        self._strangers = Attempts()
        """Attempts for logins that nobody has: they must not be told from those that somebody has."""

    async def log_in(
        self, login: str, password: str, hours: float, lockout: Lockout, tenant: str = DEFAULT_TENANT
    ) -> tuple[UserRecord, str] | None:
        """The person and the token of a new session; None if login or password is wrong or the account disabled.

        The attempt is counted before the password is checked, so that attempts at the same time count too. Takes as
        long for an unknown login. Raises `Locked` after too many of them.
        """
        known = await self._checked(login, password, lockout, tenant)
        if known is None:
            return None
        renewed = await self._passwords.hash(password) if self._passwords.outdated(known.password_hash) else None
        token = secrets.token_urlsafe(32)

        async def admit(session: AsyncSession) -> UserRecord | None:
            row = await session.get(UserTable, known.user_id)
            # Disabled, or given another password, while this one was checked.
            if row is None or row.disabled or row.password_hash != known.password_hash:
                return None
            row.password_hash = renewed or row.password_hash
            forget_failures(row)
            await _insert(session, row, token, hours)
            return user_record(row)

        user = await self._database.write(admit)
        return None if user is None else (user, token)

    async def change_password(self, token: str, old: str, new: str, lockout: Lockout) -> bool:
        """Give the person whose session it is a new password and end their other sessions; False: `old` is wrong.

        The caller has asked `check_password`. Raises `Locked` after too many attempts.
        """
        user = await self.get(token)
        known = await self._checked(user.login, old, lockout, user.tenant) if user is not None else None
        if known is None:
            return False
        password_hash = await self._passwords.hash(new)

        async def change(session: AsyncSession) -> bool:
            row = await session.get(UserTable, known.user_id)
            if row is None or row.disabled or row.password_hash != known.password_hash:
                return False
            keep_password(row, password_hash)
            row.must_change_password = False
            await end_sessions(session, row.id, keep=digest(token))
            return True

        return await self._database.write(change)

    async def create(self, login: str, hours: float, tenant: str = DEFAULT_TENANT) -> str:
        """Log a person in for some hours; returns the token, which is kept nowhere. Raises `NotFoundError`."""
        token = secrets.token_urlsafe(32)

        async def insert(session: AsyncSession) -> None:
            await _insert(session, await existing_user(session, tenant, login), token, hours)

        await self._database.write(insert)
        return token

    async def get(self, token: str, now: float | None = None) -> UserRecord | None:
        """Whose token this is; None when it is unknown or expired, or the account is disabled."""
        found = (
            select(UserTable)
            .join(LoginSessionTable, col(LoginSessionTable.user_id) == col(UserTable.id))
            .where(
                col(LoginSessionTable.token_hash) == digest(token),
                col(LoginSessionTable.expires_at) > (time.time() if now is None else now),
                col(UserTable.disabled).is_(False),
            )
        )
        async with self._database.read() as session:
            row = (await session.execute(found)).scalar_one_or_none()
        return user_record(row) if row is not None else None

    async def delete(self, token: str) -> None:
        """Log out; an unknown token is no error."""

        async def remove(session: AsyncSession) -> None:
            await session.execute(delete(LoginSessionTable).where(col(LoginSessionTable.token_hash) == digest(token)))

        await self._database.write(remove)

    async def _checked(self, login: str, password: str, lockout: Lockout, tenant: str) -> _Known | None:
        """The account if this is its password and it is not disabled. Raises `Locked`."""
        now = time.time()
        known = await self._database.write(lambda session: _count(session, tenant, login, lockout, now))
        if known is None:
            self._strangers.begin(f"{tenant}/{login}", lockout, now)
            await self._passwords.hash(password)
            return None
        if await self._passwords.matches(known.password_hash, password):
            return None if known.disabled else known
        if known.locks:
            subject = ("user", login)
            await self._database.write(
                lambda session: append_audit(session, tenant, now, "login", "user.locked", subject, {})
            )
        return None


async def _count(session: AsyncSession, tenant: str, login: str, lockout: Lockout, now: float) -> _Known | None:
    """Count an attempt; the account it was for, if anybody has that login. Raises `Locked`."""
    row = await find_user(session, tenant, login)
    if row is None:
        return None
    row.failed_logins, row.locked_until = lockout.begin((row.failed_logins, row.locked_until), now)
    return _Known(row.id, row.password_hash, row.disabled, row.locked_until is not None)


async def _insert(session: AsyncSession, user: UserTable, token: str, hours: float) -> None:
    now = time.time()
    await session.execute(delete(LoginSessionTable).where(col(LoginSessionTable.expires_at) <= now))
    expires = now + hours * 3600
    session.add(LoginSessionTable(token_hash=digest(token), user_id=user.id, created_at=now, expires_at=expires))
