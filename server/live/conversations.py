"""Every conversation in memory: made, found, brought back from the store, and let go."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import monotonic, time
from typing import Literal

from server.hub import Hub
from server.ids import new_id
from server.live.conversation import LiveConversation, Published, Step, SuggestionSource
from server.session import Output, Policy, Session
from server.session.core import Similarity
from server.store import Store
from server.store.queries.tasks import NO_TASK, TaskRecord
from server.wire.events import Channel, ConversationStarted, Direction, Event

log = logging.getLogger(__name__)
TENANT = "default"
DEFAULT_QUEUE = "default"
DEFAULT_LANGUAGE = "zh"
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

    def busy(self, conversation_id: str) -> bool:
        """Whether somebody has it pinned: a call with audio, an open chat."""
        return self._pins.get(conversation_id, 0) > 0

    async def forget(self, conversation_id: str) -> None:
        """Let go of a conversation that is being deleted."""
        live = self._live.pop(conversation_id, None)
        self._touched.pop(conversation_id, None)
        self._pins.pop(conversation_id, None)
        if live is not None:
            await live.close()

    async def find(self, external_id: str) -> LiveConversation | None:
        """The conversation with this external id."""
        record = await self._store.conversation_by_external_id(TENANT, external_id)
        return await self.get(record.conversation_id) if record is not None else None

    async def open(
        self,
        channel: Channel,
        external_id: str,
        language: str | None = None,
        queue: str | None = None,
        direction: Direction = Direction.INBOUND,
        agent: str | None = None,
        customer: str | None = None,
        context: dict[str, str] | None = None,
        product: str | None = None,
        task: TaskRecord | None = None,
        then: Step | None = None,
    ) -> LiveConversation:
        """Start a new conversation; what is not told here is as its task says. `then` is part of the first step.

        A task about another customer than `customer` is left out. Raises ConflictError if the external id is taken,
        StoreError.
        """
        task = task if task is not None and _fits(task, customer) else NO_TASK
        queue = queue_of(queue, task)
        login = await self._store.resolve_agent(agent) if agent is not None else None
        started = ConversationStarted(
            channel=channel,
            direction=direction,
            external_id=external_id,
            language=language or task.language or DEFAULT_LANGUAGE,
            queue=queue,
            agent=login,
            customer=customer or task.customer,
            context={**task.context, **(context or {})},
            product=product or task.product,
            task_id=task.external_id or None,
            campaign=task.campaign,
            stage=task.stage,
            script=list(task.script),
        )
        async with self._lock:
            policy = await self._policy_of(queue)
            live = self._make(Session(new_id(), policy, self._similarity))
            await live.do(lambda s: [*s.start(started, time()), *(then(s) if then is not None else [])])
            self._live[live.conversation_id] = live
            self._touched[live.conversation_id] = monotonic()
            return live

    async def bind_late(
        self, live: LiveConversation, customer: str | None, product: str | None, task: TaskRecord | None, by: str
    ) -> None:
        """Add to a conversation what is told of it only now; `by` is whoever tells. A customer once known stays.

        A task about another customer is left out.
        """
        if task is not None and live.session.state.task is None and not _fits(task, live.session.state.customer):
            await self._note_refused(live, by)
            task = None

        def add(session: Session) -> list[Output]:
            outputs: list[Output] = []
            if task is not None and _fits(task, session.state.customer):
                outputs += session.bind_task(task.bound(by), time())
            whose = customer or (task.customer if task is not None else None)
            if whose is not None and session.state.customer is None:
                outputs += session.bind_customer(whose, by, time())
            about = product or (task.product if task is not None and session.state.product is None else None)
            return outputs + (session.bind_product(about, by, time()) if about is not None else [])

        await live.do(add)

    async def release(self, login: str) -> None:
        """An agent is locked out: their calls that go on are nobody's."""
        for record in await self._store.active_conversations_of(login):
            live = await self.get(record.conversation_id) if record.channel is Channel.CALL else None
            if live is not None:
                await live.do(partial(_abandon, login))

    async def _note_refused(self, live: LiveConversation, by: str) -> None:
        log.warning("conversation %s: a task of another customer was not bound", live.conversation_id)
        await self._store.append_audit(by, "task.refused", ("conversation", live.conversation_id), tenant=TENANT)

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
            team=rules.team,
            text_out_on_call=rules.text_out_on_call,
            insert_only=rules.chat_action == "insert",
            recording=_recording(rules.recording_policy),
            wrap_up_codes=codes,
        )


def queue_of(told: str | None, task: TaskRecord | None) -> str:
    """The queue of a conversation that begins: as it is told, or as its task says, or the default one."""
    return told or (task.queue if task is not None else None) or DEFAULT_QUEUE


def _abandon(login: str, session: Session) -> list[Output]:
    return session.abandon(login, f"left-{new_id()}", time())


def _fits(task: TaskRecord, customer: str | None) -> bool:
    """Whether a task may be about this customer; nobody known: it may."""
    return None in (task.customer, customer) or task.customer == customer


def _recording(policy: str) -> Literal["record", "off", "on_demand"]:
    """A queue's recording policy; one that nobody knows records nothing unless somebody switches it on."""
    match policy:
        case "record" | "off":
            return policy
    return "on_demand"
