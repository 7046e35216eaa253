"""An open database: one writer, many readers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Self, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from server.store.engine import check_url, reader_engine, writer_engine
from server.store.errors import SchemaError, StorageError
from server.store.migrate import check_revision
from server.store.writer import Writer

T = TypeVar("T")

CLOSE_SECONDS = 10
"""How long closing waits for sessions that still read."""


class Database:
    """Sessions on one database. Made by `open`, which also starts the writer."""

    def __init__(self, readers: AsyncEngine, writers: AsyncEngine) -> None:
        """Take over two engines of the same database."""
        self.on_write: Callable[[float], None] | None = None
        """Told how many seconds each write took, from asking to its commit or failure."""
        self._engines = (readers, writers)
        self._reading = async_sessionmaker(readers, expire_on_commit=False)
        self._writer = Writer(async_sessionmaker(writers, expire_on_commit=False))
        self._reads: set[asyncio.Future[None]] = set()
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect to a migrated database.

        Raises `InvalidError` for a URL that cannot be used, `SchemaError` when it is not at this version's
        schema (`upgrade` first), `StorageError` when it cannot be reached.
        """
        _refuse_missing(url)
        database = cls(reader_engine(url), writer_engine(url))
        try:
            async with database.read() as session:
                await (await session.connection()).run_sync(check_revision)
        except BaseException:
            await database._dispose()
            raise
        database._writer.start()
        return database

    async def close(self) -> None:
        """Commit what is queued, refuse what comes later, let those who read finish, and disconnect."""
        self._closed = True
        try:
            await self._writer.close()
            # An engine forgets connections that are still in use: nobody would ever close them.
            if self._reads:
                await asyncio.wait(self._reads, timeout=CLOSE_SECONDS)
        finally:
            await self._dispose()

    async def _dispose(self) -> None:
        for engine in self._engines:
            await engine.dispose()

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `work` in the single writer's transaction; returns its result after the commit. See `Writer.write`."""
        began = monotonic()
        try:
            return await self._writer.write(work)
        finally:
            if self.on_write is not None:
                self.on_write(monotonic() - began)

    @property
    def waiting(self) -> int:
        """Writes that wait for the one in progress."""
        return self._writer.waiting

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one committed state and cannot write. Raises `StorageError`."""
        if self._closed:
            raise StorageError("the store is closed")
        try:
            async with self._session() as session:
                yield session
        except (SQLAlchemyError, OSError) as error:
            raise StorageError(f"the database could not be read ({type(error).__name__})") from error

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        """A reader's session, among `_reads` until its connection is free, also when the reader is cancelled."""
        session, over = self._reading(), asyncio.get_running_loop().create_future()
        self._reads.add(over)
        try:
            yield session
        finally:
            await asyncio.shield(asyncio.create_task(self._end(session, over)))

    async def _end(self, session: AsyncSession, over: asyncio.Future[None]) -> None:
        try:
            await session.close()
        finally:
            self._reads.discard(over)
            over.set_result(None)


def _refuse_missing(url: str) -> None:
    """SQLite would make an empty file on the way to saying that it has no schema."""
    parsed = make_url(check_url(url))
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").is_file():
        raise SchemaError("there is no database yet: run `tici db upgrade`")
