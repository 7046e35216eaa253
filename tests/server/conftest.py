"""A node that serves all tests of this folder that want a real one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store import upgrade
from tests.server.node import Node


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Node]:
    """A running demo server on its own data, with real models."""
    running = Node(
        tmp_path_factory.mktemp("node") / "data",
        models_dir,
        {
            "TICI_MAX_CALLS": "4",
            "TICI_IDLE_TIMEOUT": "2",
            "TICI_RESUME_SECONDS": "3",
            "TICI_CHAT_DELIVERY_SECONDS": "1",
        },
    )
    running.launch()
    try:
        running.wait_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database with nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("template") / "tici.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path
