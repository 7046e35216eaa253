"""A store, a data folder and what deletes, on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from server.keeping.keeper import Keeper, NoMemory
from server.store import Store
from tests.server.store.conftest import empty_url, kind, postgres, sqlite_template, store, url

__all__ = ["empty_url", "kind", "postgres", "sqlite_template", "store", "url"]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """The folder that the SQLite database lies in, too."""
    return tmp_path


@pytest.fixture
def keeper(store: Store, url: str, data_dir: Path) -> Keeper:
    return Keeper(store, url, data_dir, b"secret", NoMemory())
