"""The running node's part: sweeps at start and from then on."""

import asyncio
import logging

from server.keeping.sweeping import Sweeper
from server.live.recorder import Recorder

log = logging.getLogger(__name__)


async def keep_sweeping(sweeper: Sweeper, recorder: Recorder, hours: float) -> None:
    """For ever: make up for recordings that wait or are out of date, then delete what is due."""
    while True:
        try:
            await recorder.recover()
            await recorder.catch_up()
            swept = await sweeper.sweep()
            if swept.anything or swept.failed:
                log.info("retention: %s", swept)
        except Exception as error:  # noqa: BLE001 - the next sweep tries again, and the node goes on
            log.error("retention: %s", type(error).__name__)
        await asyncio.sleep(hours * 3600)
