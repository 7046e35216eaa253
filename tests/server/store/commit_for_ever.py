"""Run by a test: commits events of several conversations and prints each one once it is committed, until killed."""

import asyncio
import sys

from dialogue import Dialogue

from server.store import Store
from server.wire.events import AgentBound


async def one(store: Store, number: int) -> None:
    talk = Dialogue(f"call-{number}")
    event = talk.first
    while True:
        await store.commit([event])
        print(event.conversation_id, event.seq, flush=True)
        event = talk.event(AgentBound(agent="li", by="switch"))


async def main(url: str) -> None:
    store = await Store.open(url)
    await asyncio.gather(*(one(store, number) for number in range(5)))


asyncio.run(main(sys.argv[1]))
