"""Bring a database to the schema of this version."""

import asyncio
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from server.store.engine import check_url, migration_engine
from server.store.errors import SchemaError, StorageError

_LOCK = 0x74696369
"""PostgreSQL advisory lock that migrations of one database take turns by ("tici")."""


def upgrade(url: str) -> str:
    """Migrate the database at `url` to the newest schema, in one transaction, and return its revision.

    Makes the folder of a SQLite file. Call it where no event loop runs, or with `asyncio.to_thread`. Raises
    `InvalidError` for a URL that cannot be used, `StorageError` when the database cannot be reached,
    `SchemaError` when it comes from a newer version.
    """
    parsed = make_url(check_url(url))
    if parsed.drivername.startswith("sqlite") and parsed.database:
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot make the database's folder: {error.strerror}") from error
    return asyncio.run(_upgrade(url))


async def _upgrade(url: str) -> str:
    engine = migration_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(_upgrade_connection)
    except (SQLAlchemyError, OSError, sqlite3.Error) as error:
        raise StorageError(f"cannot migrate the database: {_reason(error)}") from error
    finally:
        await engine.dispose()


def _upgrade_connection(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config = _config()
    _refuse_unknown(current_revision(connection), config)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise SchemaError("after the migration some rows name rows that are not there; nothing was changed")
    return head_revision()


def head_revision() -> str:
    """The revision of the schema that this version works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise SchemaError("this installation has no migrations: install it again")
    return head


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None: not migrated yet."""
    return MigrationContext.configure(connection).get_current_revision()


def check_revision(connection: Connection) -> None:
    """Raise `SchemaError` unless the database is at this version's schema."""
    current, head = current_revision(connection), head_revision()
    if current != head:
        raise SchemaError(
            f"the database is at schema {current or 'none'}, this version needs {head}: run `tici db upgrade`"
        )


def _refuse_unknown(current: str | None, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise SchemaError(f"the database is at schema {current}, which this version does not know: use a newer Tici")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", (Path(__file__).parent / "migrations").as_posix().replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause) or type(cause).__name__
