"""The schema: migrations make exactly the tables that the code declares, and the connections are set up right."""

import sqlite3
from pathlib import Path

import pytest
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from server.store import InvalidError, SchemaError, StorageError, Store, upgrade
from server.store.engine import migration_engine
from server.store.tables import metadata


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def constraints(connection: Connection) -> dict[str, object]:
    """What `compare_metadata` does not look at: primary keys, and what deletes what."""
    found = inspect(connection)
    return {
        name: (
            found.get_pk_constraint(name)["constrained_columns"],
            sorted(
                (tuple(key["constrained_columns"]), key["referred_table"], key["options"].get("ondelete"))
                for key in found.get_foreign_keys(name)
            ),
        )
        for name in metadata.tables
    }


def declared() -> dict[str, object]:
    return {
        name: (
            [column.name for column in table.primary_key],
            sorted(
                (tuple(key.column_keys), key.referred_table.name, key.ondelete) for key in table.foreign_key_constraints
            ),
        )
        for name, table in metadata.tables.items()
    }


async def test_migrated_schema_is_the_declared_one(url: str) -> None:
    engine = migration_engine(url)
    async with engine.begin() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(constraints) == declared()
    await engine.dispose()


def test_upgrade_is_repeatable_and_makes_the_folder(empty_url: str) -> None:
    assert upgrade(empty_url) == upgrade(empty_url) == "0003"


def test_failed_migration_leaves_nothing_behind(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("server.store.migrations.first_shape.reviews.create", lambda: op.execute("CREATE nonsense"))
        with pytest.raises(StorageError):
            upgrade(empty_url)
    assert upgrade(empty_url) == "0003"


async def test_unmigrated_database_is_refused_with_the_command_to_run(url: str) -> None:
    engine = migration_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    await engine.dispose()
    with pytest.raises(SchemaError, match="tici db upgrade"):
        await Store.open(url)


def test_database_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "tici.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(SchemaError, match="newer"):
        upgrade(f"sqlite+aiosqlite:///{path}")


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("mysql://host/db", "unsupported database"),
        ("sqlite:///x.db", "sqlite\\+aiosqlite"),
        ("sqlite+aiosqlite://", "in-memory"),
        ("not a url", "cannot be read"),
    ],
)
def test_unusable_urls_are_explained(bad: str, says: str) -> None:
    with pytest.raises(InvalidError, match=says):
        upgrade(bad)


def test_unreachable_server_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match="cannot migrate"):
        upgrade("postgresql+asyncpg://nobody:hidden@127.0.0.1:9/none")


async def test_sqlite_writes_ahead_and_syncs_every_commit(tmp_path: Path, sqlite_template: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{sqlite_template}")
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}

    async def pragmas(session: object) -> dict[str, object]:
        return {name: (await session.execute(text(f"PRAGMA {name}"))).scalar_one() for name in wanted}  # type: ignore[attr-defined]

    assert await store.write(pragmas) == wanted
    await store.close()


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(StorageError) as caught:
        async with store.read() as session:
            await session.execute(text("DELETE FROM tenant"))
    assert isinstance(caught.value.__cause__, DBAPIError)
