"""Trying again what could not be stored."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from server.store.errors import StoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
STORE_PATIENCE = 60.0
"""Seconds for which words that cannot be stored are tried again before they are decoded anew."""
LONGEST_PAUSE = 1.0


async def patiently(work: Callable[[], Awaitable[T]], waiting: Callable[[bool], None] | None = None) -> T:
    """Do `work`, again and again while it cannot be stored. Raises StoreError after `STORE_PATIENCE`.

    `waiting` is told when the waiting begins and when it is over.
    """
    deadline, pause = monotonic() + STORE_PATIENCE, 0.05
    try:
        while True:
            try:
                return await work()
            except StoreError as error:
                if monotonic() + pause > deadline:
                    raise
                if waiting is not None:
                    waiting(True)
                log.warning("cannot store, trying again: %s", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
    finally:
        if waiting is not None:
            waiting(False)
