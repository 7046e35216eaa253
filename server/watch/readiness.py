"""Why a node takes no calls."""

import asyncio

from server.services import Services
from server.store import StoreError
from server.watch.disk import free_bytes
from server.wire.rest import NotReady

DATABASE_SECONDS = 2.0
"""A database that has not answered by then counts as away."""
MEGABYTE = 1_000_000


async def reasons(services: Services) -> list[NotReady]:
    """Everything that speaks against another call on this node; empty where it is ready."""
    calls, settings = services.calls, services.settings
    database, disk = await asyncio.gather(_database_answers(services), _disk_has_space(services))
    against = {
        NotReady.DRAINING: calls.draining,
        NotReady.FULL: not calls.draining and not calls.has_room,
        NotReady.DATABASE: not database,
        NotReady.DISK: not disk,
        NotReady.MODELS: not set(settings.asr_languages) <= calls.pools.keys(),
    }
    return [reason for reason, holds in against.items() if holds]


async def _database_answers(services: Services) -> bool:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await services.store.ping()
    except (StoreError, TimeoutError):
        return False
    return True


async def _disk_has_space(services: Services) -> bool:
    settings = services.settings
    try:
        free = await asyncio.to_thread(free_bytes, settings.data_dir)
    except OSError:
        return False
    return free >= settings.disk_reserve_mb * MEGABYTE
