"""A migrated database and a node on it for each test; no pauses between attempts."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.live import leg, patience
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
    made = Node(tmp_path, store)
    yield made
    made.store.away = False
    made.store.gate.set()
    await made.crash()
    made.executor.shutdown()
    assert made.faults.overlaps == 0


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leg, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(patience, "STORE_PATIENCE", 3.0)
