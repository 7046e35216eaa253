"""Keys of machines."""

import hmac
import secrets
import time
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.database import Database
from server.store.errors import ConflictError, InvalidError, NotFoundError
from server.store.people import digest
from server.store.records import ALL_TEAMS, KeyInfo, NewKey, Scope
from server.store.tables.columns import DEFAULT_TENANT
from server.store.tables.people import ApiKeyTable


class Keys:
    """Keys of machines, written `tici.<id>.<secret>`."""

    def __init__(self, database: Database) -> None:
        """Work on an open database."""
        self._database = database

    async def add(
        self,
        name: str,
        scopes: Collection[Scope | str],
        *,
        team: str = ALL_TEAMS,
        queues: Collection[str] = (),
        tenant: str = DEFAULT_TENANT,
    ) -> NewKey:
        """Make a key, for one team or some queues where they are given.

        Raises `InvalidError` for unknown scopes, `ConflictError` when the name is taken.
        """
        if not name.strip():
            raise InvalidError("a key needs a name")
        secret = secrets.token_urlsafe(32)
        row = ApiKeyTable(
            tenant=tenant,
            team=team,
            name=name,
            scopes=sorted(parse_scope(scope).value for scope in set(scopes)),
            queues=sorted(set(queues)),
            key_hash=digest(secret),
            created_at=time.time(),
        )
        if not row.scopes:
            raise InvalidError("a key needs at least one scope")

        async def insert(session: AsyncSession) -> KeyInfo:
            if await _find(session, tenant, name) is not None:
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
            row = await _find(session, tenant, name)
            if row is None:
                raise NotFoundError(f"there is no key named {name}")
            row.revoked_at = row.revoked_at or time.time()
            return _key(row)

        return await self._database.write(change)


def parse_scope(scope: Scope | str) -> Scope:
    """A scope by its word. Raises `InvalidError`."""
    try:
        return Scope(scope)
    except ValueError as error:
        raise InvalidError(f"unknown scope {scope!r}: use some of {', '.join(Scope)}") from error


async def _find(session: AsyncSession, tenant: str, name: str) -> ApiKeyTable | None:
    found = select(ApiKeyTable).where(col(ApiKeyTable.tenant) == tenant, col(ApiKeyTable.name) == name)
    return (await session.execute(found)).scalar_one_or_none()


def _key(row: ApiKeyTable) -> KeyInfo:
    return KeyInfo(
        key_id=row.id,
        tenant=row.tenant,
        name=row.name,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        team=row.team,
        queues=frozenset(row.queues),
    )
