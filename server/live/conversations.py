"""Every conversation in memory: made, found, brought back from the store, and let go."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic, time

from server.hub import Hub
from server.ids import new_id
from server.live.conversation import LiveConversation, Published, SuggestionSource
from server.session import Policy, Session
from server.session.core import Similarity
from server.store import Store
from server.wire.events import Channel, ConversationStarted, Direction, Event

log = logging.getLogger(__name__)
TENANT = "default"
KEEP_SECONDS = 900.0
"""A conversation that nobody has touched for so long leaves memory; the next use brings it back from the store."""


class Conversations:
    """The conversations of this process. One object per conversation, so that its events have one writer."""

    def __init__(
        self,
        store: Store,
        hub: Hub[Published],
        suggestions: SuggestionSource,
        policy: Policy,
        similarity: Similarity,
    ) -> None:
        """`policy` holds the node's settings; each queue's own rules are laid over it."""
        self._store = store
        self._hub = hub
        self._suggestions = suggestions
        self._policy = policy
        self._similarity = similarity
        self._live: dict[str, LiveConversation] = {}
        self._touched: dict[str, float] = {}
        self._pins: Counter[str] = Counter()
        self._lock = asyncio.Lock()

    @property
    def live(self) -> list[LiveConversation]:
        """Those in memory."""
        return list(self._live.values())

    async def get(self, conversation_id: str) -> LiveConversation | None:
        """The conversation, from memory or from the store; None if there is none."""
        known = self._live.get(conversation_id)
        if known is None:
            async with self._lock:
                known = self._live.get(conversation_id) or await self._load(conversation_id)
        if known is not None:
            self._touched[conversation_id] = monotonic()
        return known

    @contextmanager
    def pinned(self, live: LiveConversation) -> Iterator[None]:
        """Keep it in memory: a second object for the same conversation would be a second writer."""
        self._pins[live.conversation_id] += 1
        try:
            yield
        finally:
            self._pins[live.conversation_id] -= 1
            self._touched[live.conversation_id] = monotonic()

    async def find(self, external_id: str) -> LiveConversation | None:
        """The conversation with this external id."""
        record = await self._store.conversation_by_external_id(TENANT, external_id)
        return await self.get(record.conversation_id) if record is not None else None

    async def open(
        self,
        channel: Channel,
        external_id: str,
        language: str,
        queue: str,
        direction: Direction = Direction.INBOUND,
        agent: str | None = None,
        customer: str | None = None,
        context: dict[str, str] | None = None,
    ) -> LiveConversation:
        """Start a new conversation. Raises ConflictError if the external id is taken, StoreError."""
        login = await self._store.resolve_agent(agent) if agent is not None else None
        started = ConversationStarted(
            channel=channel,
            direction=direction,
            external_id=external_id,
            language=language,
            queue=queue,
            agent=login,
            customer=customer,
            context=context or {},
        )
        async with self._lock:
            policy = await self._policy_of(queue)
            live = self._make(Session(new_id(), policy, self._similarity))
            await live.do(lambda session: session.start(started, time()))
            self._live[live.conversation_id] = live
            self._touched[live.conversation_id] = monotonic()
            return live

    async def tick(self, now: float) -> None:
        """Let cards expire; let go of what nobody has used for a while. One that fails fails alone."""
        for live in self.live:
            try:
                await live.do(lambda session: session.tick(now))
            except Exception as error:  # noqa: BLE001 - the others' cards must expire all the same
                log.error("conversation %s: %s", live.conversation_id, type(error).__name__)
            idle = monotonic() - self._touched[live.conversation_id]
            if idle > KEEP_SECONDS and not self._pins[live.conversation_id]:
                del self._live[live.conversation_id], self._touched[live.conversation_id]
                self._pins.pop(live.conversation_id, None)
                await live.close()

    async def close(self) -> None:
        """Drop open asks, finish what is being stored."""
        for live in self.live:
            await live.close()

    async def _load(self, conversation_id: str) -> LiveConversation | None:
        events = await self._store.events(conversation_id)
        if not events:
            return None
        started = events[0].payload
        assert isinstance(started, ConversationStarted)
        policy = await self._policy_of(started.queue)
        session = Session.restore(conversation_id, policy, self._similarity, events)
        live = self._make(session)
        self._live[conversation_id] = live
        self._touched[conversation_id] = monotonic()
        return live

    def _make(self, session: Session) -> LiveConversation:
        def restore(events: list[Event]) -> Session:
            return Session.restore(session.conversation_id, session.policy, self._similarity, events)

        return LiveConversation(session, self._store, self._hub, self._suggestions, restore)

    async def _policy_of(self, queue: str) -> Policy:
        rules = await self._store.queue_policy(queue)
        codes = frozenset(code.code for code in await self._store.wrap_up_codes())
        return replace(
            self._policy,
            text_out_on_call=rules.text_out_on_call,
            insert_only=rules.chat_action == "insert",
            wrap_up_codes=codes,
        )
