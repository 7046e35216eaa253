"""An open database: one writer, many readers."""

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


class Database:
    """Sessions on one database. Made by `open`, which also starts the writer."""

    def __init__(self, readers: AsyncEngine, writers: AsyncEngine) -> None:
        """Take over two engines of the same database."""
        self.on_write: Callable[[float], None] | None = None
        """Told how many seconds each write took, from asking to its commit or failure."""
        self._engines = (readers, writers)
        self._reading = async_sessionmaker(readers, expire_on_commit=False)
        self._writer = Writer(async_sessionmaker(writers, expire_on_commit=False))

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
        """Commit what is queued and disconnect."""
        await self._writer.close()
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
        try:
            async with self._reading() as session:
                yield session
        except (SQLAlchemyError, OSError) as error:
            raise StorageError(f"the database could not be read ({type(error).__name__})") from error


def _refuse_missing(url: str) -> None:
    """SQLite would make an empty file on the way to saying that it has no schema."""
    parsed = make_url(check_url(url))
    if parsed.drivername.startswith("sqlite") and not Path(parsed.database or "").is_file():
        raise SchemaError("there is no database yet: run `tici db upgrade`")
