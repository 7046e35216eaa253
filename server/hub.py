"""Who is told what happens: publish and subscribe inside this process."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
QUEUE_SIZE = 2048


class Lagged(Exception):
    """The subscriber was too slow; what it missed is in the database."""


class Subscription(Generic[T]):
    """Messages of some topics, in order, from the moment it was made. Iterate it; `Lagged` ends it."""

    def __init__(self, hub: "Hub[T]") -> None:
        self._hub = hub
        self._queue: asyncio.Queue[tuple[str, T]] = asyncio.Queue(QUEUE_SIZE)
        self._topics: set[str] = set()
        self._lagged = asyncio.Event()

    def add(self, topic: str) -> None:
        """Also hear `topic`."""
        self._topics.add(topic)
        self._hub.topics[topic].add(self)

    def remove(self, topic: str) -> None:
        """Stop hearing `topic`; what is queued already still comes."""
        self._topics.discard(topic)
        self._hub.topics[topic].discard(self)
        if not self._hub.topics[topic]:
            del self._hub.topics[topic]

    def close(self) -> None:
        """Stop hearing everything."""
        for topic in list(self._topics):
            self.remove(topic)

    def offer(self, topic: str, message: T) -> None:
        """Queue a message, or mark the subscription as lagged and drop it."""
        try:
            self._queue.put_nowait((topic, message))
        except asyncio.QueueFull:
            self._lagged.set()
            self.close()

    async def __aiter__(self) -> AsyncIterator[tuple[str, T]]:
        """Yield (topic, message); raises Lagged once the messages before the loss are out."""
        while True:
            if self._lagged.is_set() and self._queue.empty():
                raise Lagged
            yield await self._queue.get()


class Hub(Generic[T]):
    """Topics and their subscribers. Publishing never waits."""

    def __init__(self, *overhearing: Callable[[str, T], None]) -> None:
        """`overhearing` are called with every topic and message; they must not raise."""
        self._overhearing = overhearing
        self.topics: defaultdict[str, set[Subscription[T]]] = defaultdict(set)

    def subscribe(self, *topics: str) -> Subscription[T]:
        """A new subscription; close it when done."""
        subscription: Subscription[T] = Subscription(self)
        for topic in topics:
            subscription.add(topic)
        return subscription

    def publish(self, topic: str, message: T) -> None:
        """Give `message` to every subscriber of `topic`."""
        for overhear in self._overhearing:
            overhear(topic, message)
        for subscription in list(self.topics.get(topic, ())):
            subscription.offer(topic, message)
