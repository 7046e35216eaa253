"""Handing calls over when the node shuts down."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from server.spool import StorageError
from server.wire.base import ErrorCode

if TYPE_CHECKING:
    from server.live.call import Call

STEP = 0.05
"""Seconds between two looks whether somebody is speaking."""


async def drain(call: "Call", seconds: float) -> None:
    """Once nobody is in mid-sentence, at the latest after `seconds`, the call's senders are sent away.

    What they delivered is decoded, stored and told before, unless that takes as long again.
    """
    for _ in range(round(seconds / STEP)):
        if not any(slot.in_speech for slot in call.slots.values()):
            break
        await asyncio.sleep(STEP)
    slots = [slot for slot in call.slots.values() if slot.sender is not None and not slot.finishing]
    for slot in slots:
        slot.finishing = True
    if slots:
        await asyncio.wait([slot.live.cut() for slot in slots], timeout=max(seconds, STEP))
    for sender in {slot.sender for slot in slots if slot.sender is not None}:
        with suppress(StorageError):
            await call.acknowledge(sender)
        sender.failed(ErrorCode.SHUTTING_DOWN, "this node is shutting down; connect again elsewhere to go on")
