"""Accounts of people. What changes a person's rights ends their sessions at once."""

import hashlib
import time
from collections.abc import Callable, Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.database import Database
from server.store.errors import ConflictError, InvalidError, NotFoundError
from server.store.passwords import Passwords
from server.store.records import UserRecord, UserRole
from server.store.tables.columns import DEFAULT_TEAM, DEFAULT_TENANT
from server.store.tables.people import LoginSessionTable, UserTable


class Users:
    """People who can log in."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        """Work on an open database."""
        self._database = database
        self._passwords = passwords

    async def add(
        self,
        login: str,
        password: str,
        role: UserRole | str = UserRole.AGENT,
        *,
        display_name: str = "",
        team: str = DEFAULT_TEAM,
        queues: Collection[str] = (),
        temporary: bool = False,
        tenant: str = DEFAULT_TENANT,
    ) -> UserRecord:
        """Make an account; with a `temporary` password they must choose their own before anything else.

        The caller has asked `check_password`. Raises `InvalidError` for bad values, `ConflictError` when the
        login is taken.
        """
        _check_login(login)
        if not password:
            raise InvalidError("a password cannot be empty")
        row = UserTable(
            tenant=tenant,
            team=_team(team),
            login=login,
            display_name=display_name or login,
            role=parse_role(role).value,
            queues=_queues(queues),
            password_hash=await self._passwords.hash(password),
            must_change_password=temporary,
            created_at=time.time(),
        )

        async def insert(session: AsyncSession) -> UserRecord:
            if await find_user(session, tenant, login) is not None:
                raise ConflictError(f"the login {login} is taken")
            session.add(row)
            return user_record(row)

        return await self._database.write(insert)

    async def get(self, login: str, tenant: str = DEFAULT_TENANT) -> UserRecord | None:
        """One account."""
        async with self._database.read() as session:
            row = await find_user(session, tenant, login)
        return user_record(row) if row is not None else None

    async def by_id(self, user_id: str, tenant: str = DEFAULT_TENANT) -> UserRecord:
        """One account. Raises `NotFoundError`."""
        async with self._database.read() as session:
            row = await session.get(UserTable, user_id)
        if row is None or row.tenant != tenant:
            raise NotFoundError("there is no such user")
        return user_record(row)

    async def list(self, tenant: str = DEFAULT_TENANT) -> list[UserRecord]:
        """All accounts, by login."""
        found = select(UserTable).where(col(UserTable.tenant) == tenant).order_by(col(UserTable.login))
        async with self._database.read() as session:
            return [user_record(row) for row in (await session.execute(found)).scalars()]

    async def has_password(self, login: str, password: str, tenant: str = DEFAULT_TENANT) -> bool:
        """Whether this is the account's password. Nothing is counted: not for a door."""
        async with self._database.read() as session:
            row = await find_user(session, tenant, login)
        return row is not None and await self._passwords.matches(row.password_hash, password)

    async def set_role(self, login: str, role: UserRole | str, tenant: str = DEFAULT_TENANT) -> UserRecord:
        """Change what a person may do. Raises `NotFoundError`, `InvalidError`."""
        return await self.change(login, role=role, tenant=tenant)

    async def set_disabled(self, login: str, disabled: bool, tenant: str = DEFAULT_TENANT) -> UserRecord:
        """Lock a person out, at once and everywhere, or let them in again. Raises `NotFoundError`."""
        return await self.change(login, disabled=disabled, tenant=tenant)

    async def change(
        self,
        login: str,
        *,
        display_name: str | None = None,
        role: UserRole | str | None = None,
        team: str | None = None,
        queues: Collection[str] | None = None,
        disabled: bool | None = None,
        tenant: str = DEFAULT_TENANT,
    ) -> UserRecord:
        """Change what is given. Raises `NotFoundError`, `InvalidError`."""
        rights = {
            "role": parse_role(role).value if role is not None else None,
            "team": _team(team) if team is not None else None,
            "queues": _queues(queues) if queues is not None else None,
            "disabled": disabled,
        }

        def apply(row: UserTable) -> bool:
            row.display_name = display_name or row.display_name
            changed = {name: value for name, value in rights.items() if value not in (None, getattr(row, name))}
            row.sqlmodel_update(changed)
            return bool(changed)

        return await self._change(login, tenant, apply)

    async def set_password(
        self, login: str, password: str, *, temporary: bool = False, tenant: str = DEFAULT_TENANT
    ) -> UserRecord:
        """Give a person another password, which unlocks too. The caller has asked `check_password`.

        Raises `NotFoundError`.
        """
        password_hash = await self._passwords.hash(password)

        def apply(row: UserTable) -> bool:
            keep_password(row, password_hash)
            row.must_change_password = temporary
            return True

        return await self._change(login, tenant, apply)

    async def unlock(self, login: str, tenant: str = DEFAULT_TENANT) -> UserRecord:
        """Forget the wrong passwords. Raises `NotFoundError`."""

        def apply(row: UserTable) -> bool:
            forget_failures(row)
            return False

        return await self._change(login, tenant, apply)

    async def _change(self, login: str, tenant: str, apply: Callable[[UserTable], bool]) -> UserRecord:
        """Apply a change, and end the person's sessions if it says that their rights are others now."""

        async def change(session: AsyncSession) -> UserRecord:
            row = await existing_user(session, tenant, login)
            if apply(row):
                await end_sessions(session, row.id)
            return user_record(row)

        return await self._database.write(change)


def keep_password(row: UserTable, password_hash: str) -> None:
    """The account has this password from now on."""
    row.password_hash = password_hash
    row.password_changed_at = time.time()
    forget_failures(row)


def forget_failures(row: UserTable) -> None:
    """Nobody has tried a wrong password."""
    row.failed_logins, row.locked_until = 0, None


async def end_sessions(session: AsyncSession, user_id: str, keep: str = "") -> None:
    """Log a person out everywhere, but for the session whose token hash is `keep`."""
    theirs = col(LoginSessionTable.user_id) == user_id
    await session.execute(delete(LoginSessionTable).where(theirs, col(LoginSessionTable.token_hash) != keep))


def digest(secret: str) -> str:
    """SHA-256 in hex: enough for secrets of 256 random bits, which nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_role(role: UserRole | str) -> UserRole:
    """A role by its word. Raises `InvalidError`."""
    try:
        return UserRole(role)
    except ValueError as error:
        raise InvalidError(f"unknown role {role!r}: use one of {', '.join(UserRole)}") from error


def _check_login(login: str) -> None:
    if not 1 <= len(login) <= 128 or login != login.strip() or not login.isprintable():
        raise InvalidError("a login has 1 to 128 printable characters and no space at its ends")


def _team(team: str) -> str:
    if not team.strip():
        raise InvalidError("a person needs a team: its name, or * for all teams")
    return team.strip()


def _queues(queues: Collection[str]) -> list[str]:
    return sorted({queue.strip() for queue in queues if queue.strip()})


async def find_user(session: AsyncSession, tenant: str, login: str) -> UserTable | None:
    """The row of an account."""
    found = select(UserTable).where(col(UserTable.tenant) == tenant, col(UserTable.login) == login)
    return (await session.execute(found)).scalar_one_or_none()


async def existing_user(session: AsyncSession, tenant: str, login: str) -> UserTable:
    """The row of an account. Raises `NotFoundError`."""
    row = await find_user(session, tenant, login)
    if row is None:
        raise NotFoundError(f"no user has the login {login}")
    return row


def user_record(row: UserTable) -> UserRecord:
    """The account as the store hands it out."""
    return UserRecord(
        user_id=row.id,
        tenant=row.tenant,
        team=row.team,
        login=row.login,
        display_name=row.display_name,
        role=UserRole(row.role),
        disabled=row.disabled,
        queues=frozenset(row.queues),
        must_change_password=row.must_change_password,
        locked_until=row.locked_until,
    )
