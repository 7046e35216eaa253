"""Makes a database forget what was deleted from it."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from server.store.errors import StorageError

COMPACT_BYTES = 512 * 1024 * 1024
"""A larger SQLite file is not rewritten while the service runs: that would hold up its writer for too long."""
WAIT_SECONDS = 0.5
ATTEMPTS = 10


async def scrub(url: str, *, compact: bool) -> bool:
    """Take deleted rows out of a SQLite database's log, and with `compact` out of the corners of its pages.

    Deleted rows are overwritten as they go, but the log still tells them, and a page that was once split may keep a
    copy: only rewriting the file removes that. It holds off the writer (a second for about 100 MiB), so a file above
    `COMPACT_BYTES` is left to a command. True when that much was done. On PostgreSQL its own VACUUM does this.
    """
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite"):
        return True
    return await asyncio.to_thread(_scrub, Path(parsed.database or ""), compact)


def small_enough(url: str) -> bool:
    """Whether rewriting the database takes so little time that it may be done while the service runs."""
    parsed = make_url(url)
    return not parsed.drivername.startswith("sqlite") or Path(parsed.database or "").stat().st_size <= COMPACT_BYTES


def _scrub(path: Path, compact: bool) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
            if compact:
                connection.execute("VACUUM")
            return _truncate_log(connection)
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            return False
        raise StorageError(f"the database could not be tidied ({type(error).__name__})") from error


def _truncate_log(connection: sqlite3.Connection) -> bool:
    for _ in range(ATTEMPTS):
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return True
        time.sleep(WAIT_SECONDS / ATTEMPTS)  # somebody reads an old state; readers are quick
    return False
