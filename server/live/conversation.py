"""One conversation in memory: its session, written by one at a time, stored before anyone is told."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from server.hub import Hub
from server.live.pressure import SHOWN
from server.session import Answer, Ask, Commit, InterimHeard, Output, Session, Suggested
from server.store.errors import StoreError
from server.wire.base import ErrorCode, Problem
from server.wire.events import (
    AgentBound,
    ConversationEnded,
    ConversationStarted,
    CustomerBound,
    Event,
    SegmentsChanged,
    WrappedUp,
)

log = logging.getLogger(__name__)
MOST_ASKS = 8
"""Asks that may wait; with more, the oldest is no longer worth an answer."""


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """Sessions of a person, all or some, are over."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Decoding is so many seconds behind what is being said; 0: it no longer is.

    `away`: nothing comes in at all, as the sender's connection is gone.
    """

    seconds: float
    away: bool = False


Step = Callable[[Session], list[Output]]
Published = Event | InterimHeard | Lag | SessionsEnded
CLAIMS = "claims"
"""Hub topic of what changes the list of calls that wait to be claimed."""


class EventStore(Protocol):
    """What a live conversation needs of the store."""

    async def commit(self, events: list[Event]) -> None:
        """Store the events and what follows from them, all or none."""

    async def events(self, conversation_id: str) -> list[Event]:
        """Every stored event, in order."""


class SuggestionSource(Protocol):
    """Answers asks."""

    async def suggest(self, ask: Ask) -> Suggested:
        """The cards for what the customer said; none when unsure."""


def conversation_topic(conversation_id: str) -> str:
    """Hub topic of a conversation's events and interims."""
    return f"conversation:{conversation_id}"


def agent_topic(login: str) -> str:
    """Hub topic of what concerns one agent: conversations bound to or taken from them (AgentBound or start events)."""
    return f"agent:{login}"


def session_topic(login: str) -> str:
    """Hub topic of a person's sessions that end."""
    return f"session:{login}"


class LiveConversation:
    """Serialises every change of one session and carries out what the session asks for."""

    def __init__(
        self,
        session: Session,
        store: EventStore,
        hub: Hub[Published],
        suggestions: SuggestionSource,
        restore: Callable[[list[Event]], Session],
    ) -> None:
        """`restore` rebuilds the session from its stored events after a failed write."""
        self.session = session
        self._store = store
        self._hub = hub
        self._suggestions = suggestions
        self._restore = restore
        self._lock = asyncio.Lock()
        self._stale = False
        self._steps: set[asyncio.Task[list[Output]]] = set()
        self._asks: dict[str, Ask] = {}
        self._asking: asyncio.Task[None] | None = None
        self._lag = Lag(0.0)

    @property
    def conversation_id(self) -> str:
        """The conversation's id."""
        return self.session.conversation_id

    @property
    def queue(self) -> str:
        """The queue it came in by."""
        assert self.session.state.started is not None
        return self.session.state.started.queue

    async def do(self, step: Step) -> list[Output]:
        """Take one step: the events are committed, then published, then asks begin. Returns the outputs.

        A step once begun is finished, even if whoever waits for it is cancelled. Raises what the store raises;
        the next step then begins from what is stored.
        """
        task = asyncio.create_task(self._step(step))
        self._steps.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def refresh(self) -> None:
        """Make `session` what is stored, which it may not be after a failed write. Raises what the store raises."""
        await self.do(lambda session: [])

    async def _step(self, step: Step) -> list[Output]:
        async with self._lock:
            if self._stale:
                self.session = self._restore(await self._store.events(self.conversation_id))
            self._stale = True
            outputs = step(self.session)
            events = [output.event for output in outputs if isinstance(output, Commit)]
            if events:
                await self._store.commit(events)
            self._stale = False
            for output in outputs:
                self._carry_out(output)
        return outputs

    def _forget(self, task: asyncio.Task[list[Output]]) -> None:
        self._steps.discard(task)
        if not task.cancelled():
            task.exception()  # seen by whoever waits; nobody may be waiting any more

    async def act(self, step: Step) -> Problem | None:
        """Take an agent's step and return what was wrong with it, None if it was done."""
        try:
            outputs = await self.do(step)
        except StoreError:
            return Problem(code=ErrorCode.STORAGE, message="the action could not be stored; try again")
        return next((output.problem for output in outputs if isinstance(output, Answer)), None)

    def note_lag(self, seconds: float, away: bool = False) -> None:
        """Decoding is so many seconds behind, or no audio comes in, as its senders are `away`.

        Whoever watches is told, while it is `SHOWN` or more, or somebody is away, and once after.
        """
        lag = Lag(round(seconds, 1) if seconds >= SHOWN else 0.0, away)
        if Lag(0.0) != lag or lag != self._lag:
            self._hub.publish(conversation_topic(self.conversation_id), lag)
        self._lag = lag

    async def settle(self) -> None:
        """Wait until no ask is open."""
        while self._asking is not None and not self._asking.done():
            await asyncio.wait([self._asking])

    async def close(self) -> None:
        """Drop what is still being asked; finish the steps that have begun."""
        if self._asking is not None:
            self._asking.cancel()
        await asyncio.gather(*self._steps, return_exceptions=True)

    def _carry_out(self, output: Output) -> None:
        topic = conversation_topic(self.conversation_id)
        match output:
            case Commit(event):
                self._hub.publish(topic, event)
                for login in _concerned(event):
                    self._hub.publish(agent_topic(login), event)
                if _changes_claims(event, self.session.state.agent):
                    self._hub.publish(CLAIMS, event)
            case InterimHeard():
                self._hub.publish(topic, output)
            case Ask():
                self._asks[output.trigger] = output
                while len(self._asks) > MOST_ASKS:
                    del self._asks[next(iter(self._asks))]
                if self._asking is None or self._asking.done():
                    self._asking = asyncio.create_task(self._answer_asks())
            case Answer():
                pass

    async def _answer_asks(self) -> None:
        """Answer open asks one after the other; a newer ask for the same trigger has taken the older one's place."""
        while self._asks:
            ask = self._asks.pop(next(iter(self._asks)))
            try:
                answer = await self._suggestions.suggest(replace(ask, team=self.session.policy.team))
                await self.do(partial(_take_answer, answer))
            except Exception as error:  # noqa: BLE001 - a failed suggestion must not stop the conversation or later suggestions
                log.error("suggestion failed: %s", type(error).__name__)


def _take_answer(answer: Suggested, session: Session) -> list[Output]:
    return session.suggested(answer, answer.retrieval_at)


def _concerned(event: Event) -> set[str]:
    match event.payload:
        case ConversationStarted(agent=str(login)):
            return {login}
        case AgentBound(agent=agent, previous=previous):
            return {login for login in (agent, previous) if login is not None}
    return set()


def _changes_claims(event: Event, agent: str | None) -> bool:
    match event.payload:
        case AgentBound(previous=previous):
            return None in (previous, agent)
        case ConversationStarted() | CustomerBound() | ConversationEnded() | WrappedUp() | SegmentsChanged():
            return agent is None
    return False
