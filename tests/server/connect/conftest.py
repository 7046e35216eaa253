"""A node with connectors behind real sockets; its recognizers write down exactly what they hear."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.store import Store
from tests.server.live.parts import Node


@pytest.fixture
async def store(template: Path, tmp_path: Path) -> AsyncIterator[Store]:
    shutil.copy(template, tmp_path / "tici.db")
    opened = await Store.open(f"sqlite+aiosqlite:///{tmp_path / 'tici.db'}")
    yield opened
    await opened.close()


@pytest.fixture
async def node(store: Store, tmp_path: Path) -> AsyncIterator[Node]:
    made = Node(tmp_path, store, max_calls=2)
    yield made
    await made.crash()
    made.executor.shutdown()
