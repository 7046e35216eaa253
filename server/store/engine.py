"""Database engines: one for the single writer, one for readers, alike on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from server.store.errors import InvalidError

BUSY_SECONDS = 10
"""How long a SQLite connection waits for another process (such as a command) that is writing."""

READERS = 8


def check_url(url: str) -> str:
    """Return `url` if the store can use it. Raises `InvalidError` otherwise, without repeating its password."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InvalidError("the database URL cannot be read; see `TICI_DATABASE_URL` in the settings") from error
    if parsed.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
        raise InvalidError(
            f"unsupported database {parsed.drivername!r}: use `sqlite+aiosqlite:///PATH` or `postgresql+asyncpg://…`"
        )
    if parsed.drivername.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise InvalidError("an in-memory database cannot keep a call: give SQLite a file")
    return url


def writer_engine(url: str) -> AsyncEngine:
    """The engine of the one writer: a single connection; on SQLite each transaction is `BEGIN IMMEDIATE`."""
    engine = create_async_engine(check_url(url), pool_size=1, max_overflow=0, pool_pre_ping=True, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, begin="BEGIN IMMEDIATE", foreign_keys=True, read_only=False)
    return engine


def reader_engine(url: str) -> AsyncEngine:
    """An engine whose connections cannot write."""
    options: dict[str, Any] = {}
    if make_url(check_url(url)).drivername.startswith("postgresql"):
        options["connect_args"] = {"server_settings": {"default_transaction_read_only": "on"}}
    engine = create_async_engine(url, pool_size=READERS, pool_pre_ping=True, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, begin="BEGIN", foreign_keys=True, read_only=True)
    return engine


def migration_engine(url: str) -> AsyncEngine:
    """The engine that migrates. Foreign keys are off on SQLite, where a changed table is dropped and made again."""
    engine = create_async_engine(check_url(url), poolclass=NullPool, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, begin="BEGIN IMMEDIATE", foreign_keys=False, read_only=False)
    return engine


def _prepare_sqlite(engine: AsyncEngine, *, begin: str, foreign_keys: bool, read_only: bool) -> None:
    pragmas = [
        f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
        "PRAGMA journal_mode = WAL",
        # In WAL mode NORMAL survives kill -9 but may lose the last commits with the power; a commit that we
        # report must survive both. FULL syncs the log once per commit, and the writer batches commits.
        "PRAGMA synchronous = FULL",
        f"PRAGMA foreign_keys = {int(foreign_keys)}",
        f"PRAGMA query_only = {int(read_only)}",
        # What is deleted is overwritten: free pages must not go on telling it.
        "PRAGMA secure_delete = ON",
    ]

    def connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver's own implicit BEGIN is switched off: it would come too late and be a deferred one.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", connect)
    event.listen(engine.sync_engine, "begin", begin_transaction)
