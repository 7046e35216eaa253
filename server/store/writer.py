"""The one writer: a task that runs queued functions in batched transactions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from server.store.errors import ConflictError, StorageError

T = TypeVar("T")
BATCH = 64


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[AsyncSession], Awaitable[Any]]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Runs functions one after the other; those that wait together are committed together.

    Each function has its own savepoint, so one that fails fails alone. A function must only use its session:
    whatever else it waits for, all other writers wait for too.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        """Make a writer on sessions that share one connection; it works once started."""
        self._sessions = sessions
        self._queue: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to work; needs a running event loop."""
        self._task = asyncio.create_task(self._run(), name="store-writer")

    @property
    def waiting(self) -> int:
        """Functions that wait for the transaction in progress."""
        return self._queue.qsize()

    async def close(self) -> None:
        """Finish what is queued, refuse what comes later."""
        self._closed = True
        self._queue.put_nowait(None)
        if self._task is not None:
            await self._task

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `work` in the writer's transaction and return its result once that is committed.

        Raises what `work` raised, `ConflictError` for a broken constraint, and `StorageError` when nothing was
        committed. A caller that is cancelled while it waits does not stop work that has begun.
        """
        if self._closed:
            raise StorageError("the store is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Job(work, future))
        return await future

    async def _run(self) -> None:
        while True:
            job = await self._queue.get()
            if job is None:
                return
            await self._commit([job, *self._waiting()])

    def _waiting(self) -> list[_Job]:
        jobs: list[_Job] = []
        while len(jobs) < BATCH - 1 and not self._queue.empty():
            job = self._queue.get_nowait()
            if job is None:
                self._queue.put_nowait(None)
                break
            jobs.append(job)
        return jobs

    async def _commit(self, jobs: list[_Job]) -> None:
        begun = False
        try:
            async with self._sessions() as session, session.begin():
                await session.connection()
                begun = True
                done = [await _attempt(session, job) for job in jobs]
        # Whatever happened, nobody may wait for ever: the task lives on and all who wait are told.
        except Exception as error:  # noqa: BLE001
            if begun and len(jobs) > 1:
                # One of them broke the whole transaction (a full disk does): none is stored, so each tries alone.
                for job in jobs:
                    await self._commit([job])
                return
            done = [_Done(error=_storage_error(error)) for _ in jobs]
        for job, result in zip(jobs, done, strict=True):
            _settle(job.future, result)


async def _attempt(session: AsyncSession, job: _Job) -> _Done:
    if job.future.cancelled():
        return _Done()
    try:
        async with session.begin_nested():
            value = await job.work(session)
    except IntegrityError as error:
        return _Done(error=_conflict_error(error))
    except SQLAlchemyError:
        # The database may have rolled back the whole transaction, whatever became of the savepoint.
        raise
    # The work is the caller's and may raise anything: it goes back to the caller, not to others of the batch.
    except Exception as error:  # noqa: BLE001
        return _Done(error=error)
    finally:
        # The next function of the batch must read what is in the database, not what this one left in memory.
        session.expunge_all()
    return _Done(value)


def _settle(future: asyncio.Future[Any], result: _Done) -> None:
    if future.cancelled():
        return
    if result.error is not None:
        future.set_exception(result.error)
    else:
        future.set_result(result.value)


def _conflict_error(cause: IntegrityError) -> ConflictError:
    error = ConflictError("a row contradicts one that is there already, or names one that is not")
    error.__cause__ = cause
    return error


def _storage_error(cause: Exception) -> StorageError:
    error = StorageError(f"the database did not commit ({type(cause).__name__}); nothing of this was kept")
    error.__cause__ = cause
    return error
