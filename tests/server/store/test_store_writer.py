"""The one writer: concurrency, isolation of failures, and what survives kill -9."""

import asyncio
import gc
import shutil
import signal
import sys
from pathlib import Path

import pytest
from dialogue import Dialogue
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from server.store import ConflictError, StorageError, Store
from server.store.tables.conversations import EventTable
from server.store.tables.organisation import CampaignTable
from server.wire.events import AgentBound


async def count_campaigns(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(CampaignTable))).scalar_one()


async def read_then_write(session: AsyncSession) -> int:
    number = (await session.execute(select(func.count()).select_from(CampaignTable))).scalar_one()
    session.add(CampaignTable(name=f"campaign {number}"))
    return number


async def test_twenty_concurrent_writers_read_then_write_without_failure(store: Store) -> None:
    async def one() -> list[int]:
        return [await store.write(read_then_write) for _ in range(10)]

    numbers = [number for batch in await asyncio.gather(*(one() for _ in range(20))) for number in batch]
    assert sorted(numbers) == list(range(200))
    assert await count_campaigns(store) == 200


async def test_twenty_conversations_at_once(store: Store) -> None:
    async def one(number: int) -> str:
        talk = Dialogue(f"call-{number}")
        await store.commit([talk.first])
        for _ in range(10):
            await store.commit([talk.event(AgentBound(agent="li", by="switch"))])
        return talk.id

    for conversation_id in await asyncio.gather(*(one(number) for number in range(20))):
        assert [event.seq for event in await store.events(conversation_id)] == list(range(1, 12))


async def test_another_process_may_write_too(sqlite_template: Path, tmp_path: Path) -> None:
    """A command beside the server: transactions that read first must still not fail."""
    path = shutil.copy(sqlite_template, tmp_path / "shared.db")
    stores = [await Store.open(f"sqlite+aiosqlite:///{path}") for _ in range(2)]

    async def one(store: Store) -> list[int]:
        return [await store.write(read_then_write) for _ in range(40)]

    numbers = [number for batch in await asyncio.gather(*map(one, stores)) for number in batch]
    for store in stores:
        await store.close()
    assert sorted(numbers) == list(range(80))


async def test_failing_work_fails_alone(store: Store) -> None:
    async def broken(session: AsyncSession) -> None:
        session.add(CampaignTable(name="never"))
        await session.flush()
        raise LookupError("mine")

    async def taken(session: AsyncSession) -> None:
        session.add(CampaignTable(name="campaign 0"))

    work = [read_then_write, broken, taken, read_then_write]
    results = await asyncio.gather(*(store.write(one) for one in work), return_exceptions=True)
    assert [type(result) for result in results] == [int, LookupError, ConflictError, int]
    assert await count_campaigns(store) == 2


async def test_bad_sql_is_a_storage_error_and_shows_no_values(store: Store) -> None:
    async def bad(session: AsyncSession) -> None:
        await session.execute(text("INSERT INTO nowhere VALUES (:words)"), {"words": "我的卡丢了"})

    with pytest.raises(StorageError) as caught:
        await store.write(bad)
    assert "我的卡丢了" not in f"{caught.value} {caught.value.__cause__}"
    assert await store.write(read_then_write) == 0


async def test_cancelled_waiting_does_not_stop_the_writer(store: Store) -> None:
    waiting = [asyncio.create_task(store.write(read_then_write)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    assert await waiting[0] == 0
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    await waiting[2]
    await store.write(read_then_write)


async def test_close_commits_what_is_queued_and_refuses_more(url: str) -> None:
    store = await Store.open(url)
    queued = [asyncio.create_task(store.write(read_then_write)) for _ in range(100)]
    await asyncio.sleep(0)
    await store.close()
    assert sorted(await asyncio.gather(*queued)) == list(range(100))
    with pytest.raises(StorageError, match="closed"):
        await store.write(read_then_write)


async def test_close_waits_for_readers_leaves_no_connection_and_refuses_more(url: str) -> None:
    store, entered, leave = await Store.open(url), asyncio.Event(), asyncio.Event()

    async def read() -> int:
        async with store.read() as session:
            await session.execute(text("SELECT 1"))
            entered.set()
            await leave.wait()
            return int((await session.execute(text("SELECT 2"))).scalar_one())

    reading = asyncio.create_task(read())
    await entered.wait()
    closing = asyncio.create_task(store.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    with pytest.raises(StorageError, match="closed"):
        await count_campaigns(store)
    leave.set()
    assert await reading == 2
    await closing
    gc.collect()  # a connection left open would be told here, and any warning is an error


async def test_readers_see_only_what_is_committed(store: Store) -> None:
    seen = []

    async def peek(session: AsyncSession) -> None:
        await read_then_write(session)
        await session.flush()
        seen.append(await count_campaigns(store))

    await store.write(peek)
    assert (seen, await count_campaigns(store)) == ([0], 1)


async def test_reported_commits_survive_kill_9(url: str) -> None:
    script = Path(__file__).with_name("commit_for_ever.py")
    process = await asyncio.create_subprocess_exec(sys.executable, str(script), url, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    reported = b"".join([await process.stdout.readline() for _ in range(100)])
    process.kill()
    reported += await process.stdout.read()
    assert await process.wait() == -signal.SIGKILL

    store = await Store.open(url)
    async with store.read() as session:
        rows = await session.execute(select(EventTable.conversation_id, EventTable.seq))
        kept = {f"{conversation_id} {seq}" for conversation_id, seq in rows}
    records = {record.conversation_id: record.last_seq for record in await store.unfinished_conversations()}
    await store.close()
    complete = {line.strip() for line in reported.decode().splitlines(keepends=True) if line.endswith("\n")}
    assert len(complete) >= 100
    assert complete <= kept
    # An event and its projection are there together, or neither is.
    assert {f"{key} {seq}" for key, last in records.items() for seq in range(1, last + 1)} == kept


async def test_a_full_disk_fails_only_those_it_has_no_room_for(sqlite_template: Path, tmp_path: Path) -> None:
    """SQLite then rolls back the whole transaction: what the others were told must be true all the same."""
    path = shutil.copy(sqlite_template, tmp_path / "full.db")
    store = await Store.open(f"sqlite+aiosqlite:///{path}")

    async def nearly_full(session: AsyncSession) -> None:
        await session.execute(text("CREATE TABLE kept (name TEXT, data BLOB)"))
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        await session.execute(text(f"PRAGMA max_page_count = {pages + 20}"))

    def keep(name: str, size: int = 10) -> asyncio.Task[None]:
        async def work(session: AsyncSession) -> None:
            await session.execute(
                text("INSERT INTO kept VALUES (:name, zeroblob(:size))"), {"name": name, "size": size}
            )

        return asyncio.create_task(store.write(work))

    async def kept() -> list[str]:
        async with store.read() as session:
            return list((await session.execute(text("SELECT name FROM kept"))).scalars())

    await store.write(nearly_full)
    results = await asyncio.gather(keep("before"), keep("huge", 10_000_000), keep("after"), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), StorageError, type(None)]
    assert await kept() == ["before", "after"]
    await keep("later")
    assert await kept() == ["before", "after", "later"]
    await store.close()


async def test_bad_sql_of_one_fails_no_other(store: Store) -> None:
    async def bad(session: AsyncSession) -> None:
        await session.execute(text("INSERT INTO nowhere VALUES (1)"))

    work = [read_then_write, bad, read_then_write]
    results = await asyncio.gather(*(store.write(one) for one in work), return_exceptions=True)
    assert [type(result) for result in results] == [int, StorageError, int]
    assert await count_campaigns(store) == 2
