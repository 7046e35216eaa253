"""Every conversation in memory: made, found, brought back from the store, and let go."""

import asyncio
from dataclasses import replace
from time import time

from server.hub import Hub
from server.ids import new_id
from server.live.conversation import LiveConversation, Published, SuggestionSource
from server.session import Policy, Session
from server.session.core import Similarity
from server.store import Store
from server.wire.events import Channel, ConversationStarted, Direction, Event

TENANT = "default"
KEEP_SECONDS = 900.0
"""A finished conversation leaves memory after this; a later action brings it back from the store."""


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
        self._lock = asyncio.Lock()

    @property
    def live(self) -> list[LiveConversation]:
        """Those in memory."""
        return list(self._live.values())

    async def get(self, conversation_id: str) -> LiveConversation | None:
        """The conversation, from memory or from the store; None if there is none."""
        async with self._lock:
            known = self._live.get(conversation_id)
            if known is None:
                known = await self._load(conversation_id)
            if known is not None:
                self._touched[conversation_id] = time()
            return known

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
            self._touched[live.conversation_id] = time()
            return live

    async def tick(self, now: float) -> None:
        """Let cards expire; let go of what is over."""
        for live in self.live:
            await live.do(lambda session: session.tick(now))
            state = live.session.state
            over = state.wrapped_up or (state.ended_at is not None and state.agent is None)
            if over and now - self._touched[live.conversation_id] > KEEP_SECONDS:
                live.close()
                del self._live[live.conversation_id], self._touched[live.conversation_id]

    def close(self) -> None:
        """Drop open asks."""
        for live in self._live.values():
            live.close()

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
