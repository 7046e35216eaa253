"""Accounts, login sessions and API keys."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Collection

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.database import Database
from server.store.errors import ConflictError, InvalidError, NotFoundError
from server.store.records import KeyInfo, NewKey, Scope, UserRecord, UserRole
from server.store.tables.columns import DEFAULT_TEAM, DEFAULT_TENANT
from server.store.tables.people import ApiKeyTable, LoginSessionTable, UserTable

HASHERS = 2
"""Password checks at once: each takes 64 MiB and most of a core for a while."""


class Users:
    """People who can log in."""

    def __init__(self, database: Database) -> None:
        """Work on an open database."""
        self._database = database
        self._hasher = PasswordHasher()
        self._hashing = asyncio.Semaphore(HASHERS)

    async def add(
        self,
        login: str,
        password: str,
        role: UserRole | str = UserRole.AGENT,
        *,
        display_name: str = "",
        team: str = DEFAULT_TEAM,
        tenant: str = DEFAULT_TENANT,
    ) -> UserRecord:
        """Make an account. Raises `InvalidError` for bad values, `ConflictError` when the login is taken."""
        _check_login(login)
        if not password:
            raise InvalidError("a password cannot be empty")
        row = UserTable(
            tenant=tenant,
            team=team,
            login=login,
            display_name=display_name or login,
            role=parse_role(role).value,
            password_hash=await self._hash(password),
            created_at=time.time(),
        )

        async def insert(session: AsyncSession) -> UserRecord:
            if await _find_user(session, tenant, login) is not None:
                raise ConflictError(f"the login {login} is taken")
            session.add(row)
            return _user(row)

        return await self._database.write(insert)

    async def get(self, login: str, tenant: str = DEFAULT_TENANT) -> UserRecord | None:
        """One account."""
        async with self._database.read() as session:
            row = await _find_user(session, tenant, login)
        return _user(row) if row is not None else None

    async def list(self, tenant: str = DEFAULT_TENANT) -> list[UserRecord]:
        """All accounts, by login."""
        found = select(UserTable).where(col(UserTable.tenant) == tenant).order_by(col(UserTable.login))
        async with self._database.read() as session:
            return [_user(row) for row in (await session.execute(found)).scalars()]

    async def verify(self, login: str, password: str, tenant: str = DEFAULT_TENANT) -> UserRecord | None:
        """The account if the password is right and it is not disabled. Takes as long for an unknown login."""
        async with self._database.read() as session:
            row = await _find_user(session, tenant, login)
        if row is None:
            await self._hash(password)
            return None
        async with self._hashing:
            right = await asyncio.to_thread(self._matches, row.password_hash, password)
        return _user(row) if right and not row.disabled else None

    async def set_role(self, login: str, role: UserRole | str, tenant: str = DEFAULT_TENANT) -> UserRecord:
        """Change what a person may do. Raises `NotFoundError`, `InvalidError`."""
        wanted = parse_role(role)

        async def change(session: AsyncSession) -> UserRecord:
            row = await _existing_user(session, tenant, login)
            row.role = wanted.value
            return _user(row)

        return await self._database.write(change)

    async def set_disabled(self, login: str, disabled: bool, tenant: str = DEFAULT_TENANT) -> UserRecord:
        """Lock a person out, at once and everywhere, or let them in again."""

        async def change(session: AsyncSession) -> UserRecord:
            row = await _existing_user(session, tenant, login)
            row.disabled = disabled
            if disabled:
                await session.execute(delete(LoginSessionTable).where(col(LoginSessionTable.user_id) == row.id))
            return _user(row)

        return await self._database.write(change)

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


class Sessions:
    """Logged-in browsers."""

    def __init__(self, database: Database) -> None:
        """Work on an open database."""
        self._database = database

    async def create(self, login: str, hours: float, tenant: str = DEFAULT_TENANT) -> str:
        """Log a person in for some hours; returns the token, which is kept nowhere. Raises `NotFoundError`."""
        token, now = secrets.token_urlsafe(32), time.time()

        async def insert(session: AsyncSession) -> None:
            await session.execute(delete(LoginSessionTable).where(col(LoginSessionTable.expires_at) <= now))
            user = await _existing_user(session, tenant, login)
            expires = now + hours * 3600
            session.add(
                LoginSessionTable(token_hash=digest(token), user_id=user.id, created_at=now, expires_at=expires)
            )

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
        return _user(row) if row is not None else None

    async def delete(self, token: str) -> None:
        """Log out; an unknown token is no error."""

        async def remove(session: AsyncSession) -> None:
            await session.execute(delete(LoginSessionTable).where(col(LoginSessionTable.token_hash) == digest(token)))

        await self._database.write(remove)


class Keys:
    """Keys of machines, written `tici.<id>.<secret>`."""

    def __init__(self, database: Database) -> None:
        """Work on an open database."""
        self._database = database

    async def add(
        self, name: str, scopes: Collection[Scope | str], *, tenant: str = DEFAULT_TENANT, team: str = DEFAULT_TEAM
    ) -> NewKey:
        """Make a key. Raises `InvalidError` for unknown scopes, `ConflictError` when the name is taken."""
        if not name.strip():
            raise InvalidError("a key needs a name")
        secret = secrets.token_urlsafe(32)
        row = ApiKeyTable(
            tenant=tenant,
            team=team,
            name=name,
            scopes=sorted(parse_scope(scope).value for scope in set(scopes)),
            key_hash=digest(secret),
            created_at=time.time(),
        )
        if not row.scopes:
            raise InvalidError("a key needs at least one scope")

        async def insert(session: AsyncSession) -> KeyInfo:
            if await _find_key(session, tenant, name) is not None:
                raise ConflictError(f"there was a key named {name} before; names of keys are not used again")
            session.add(row)
            return _key(row)

        info = await self._database.write(insert)
        return NewKey(info, f"tici.{info.key_id}.{secret}")

    async def verify(self, key: str) -> KeyInfo | None:
        """What a key may do; None when it is unknown, wrong or revoked."""
        prefix, _, rest = key.partition(".")
        key_id, _, secret = rest.partition(".")
        if prefix != "tici" or not secret:
            return None
        async with self._database.read() as session:
            row = await session.get(ApiKeyTable, key_id)
        if row is None or row.revoked_at is not None or not hmac.compare_digest(row.key_hash, digest(secret)):
            return None
        return _key(row)

    async def signing(self, key_id: str) -> tuple[KeyInfo, str] | None:
        """A key by its id, and what its holder signs with: the SHA-256 (hex) of the secret part."""
        async with self._database.read() as session:
            row = await session.get(ApiKeyTable, key_id)
        return None if row is None or row.revoked_at is not None else (_key(row), row.key_hash)

    async def list(self, tenant: str = DEFAULT_TENANT) -> list[KeyInfo]:
        """All keys, revoked ones too, by name."""
        found = select(ApiKeyTable).where(col(ApiKeyTable.tenant) == tenant).order_by(col(ApiKeyTable.name))
        async with self._database.read() as session:
            return [_key(row) for row in (await session.execute(found)).scalars()]

    async def revoke(self, name: str, tenant: str = DEFAULT_TENANT) -> KeyInfo:
        """End a key; ending it again changes nothing. Raises `NotFoundError`."""

        async def change(session: AsyncSession) -> KeyInfo:
            row = await _find_key(session, tenant, name)
            if row is None:
                raise NotFoundError(f"there is no key named {name}")
            row.revoked_at = row.revoked_at or time.time()
            return _key(row)

        return await self._database.write(change)


def digest(secret: str) -> str:
    """SHA-256 in hex: enough for secrets of 256 random bits, which nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_role(role: UserRole | str) -> UserRole:
    """A role by its word. Raises `InvalidError`."""
    try:
        return UserRole(role)
    except ValueError as error:
        raise InvalidError(f"unknown role {role!r}: use one of {', '.join(UserRole)}") from error


def parse_scope(scope: Scope | str) -> Scope:
    """A scope by its word. Raises `InvalidError`."""
    try:
        return Scope(scope)
    except ValueError as error:
        raise InvalidError(f"unknown scope {scope!r}: use some of {', '.join(Scope)}") from error


def _check_login(login: str) -> None:
    if not 1 <= len(login) <= 128 or login != login.strip() or not login.isprintable():
        raise InvalidError("a login has 1 to 128 printable characters and no space at its ends")


async def _find_user(session: AsyncSession, tenant: str, login: str) -> UserTable | None:
    found = select(UserTable).where(col(UserTable.tenant) == tenant, col(UserTable.login) == login)
    return (await session.execute(found)).scalar_one_or_none()


async def _existing_user(session: AsyncSession, tenant: str, login: str) -> UserTable:
    row = await _find_user(session, tenant, login)
    if row is None:
        raise NotFoundError(f"no user has the login {login}")
    return row


async def _find_key(session: AsyncSession, tenant: str, name: str) -> ApiKeyTable | None:
    found = select(ApiKeyTable).where(col(ApiKeyTable.tenant) == tenant, col(ApiKeyTable.name) == name)
    return (await session.execute(found)).scalar_one_or_none()


def _user(row: UserTable) -> UserRecord:
    return UserRecord(row.id, row.tenant, row.team, row.login, row.display_name, UserRole(row.role), row.disabled)


def _key(row: ApiKeyTable) -> KeyInfo:
    return KeyInfo(row.id, row.tenant, row.name, frozenset(row.scopes), row.created_at, row.revoked_at)
