"""All calls on this node: admission, senders that come and go, recovery, draining."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic, time

from asr.pool import RecognizerPool
from server.ingest.dialect import OpenCall
from server.live.admission import anew, told_language
from server.live.call import Call
from server.live.conversation import LiveConversation
from server.live.conversations import TENANT, Conversations, queue_of
from server.live.draining import drain
from server.live.load import LoadMeter
from server.live.room import AudioRoom
from server.live.sender import CallRefused, Sender
from server.spool import StorageError
from server.store import ConflictError, Store, StoreError
from server.store.queries.tasks import TaskRecord
from server.wire import listen
from server.wire.base import RETRY_SECONDS, ErrorCode
from server.wire.events import Channel, Direction

log = logging.getLogger(__name__)
FULL = f"this node carries as many calls as it can; try again in {RETRY_SECONDS:g} s, or elsewhere"
NO_LIMIT = 1000
Permit = Callable[[str], Awaitable[None]]
"""Raises CallRefused where the sender is not for that queue."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What a sender is in: the call, what it is told, the offset of its first leg in seconds.

    `legs`: the name in the call of each leg of the sender, which differs where a leg was begun anew.
    """

    call: Call
    started: listen.Started
    offset: float
    legs: Mapping[str, str]


class Calls:
    """Takes audio in. Every method belongs to the event loop."""

    def __init__(
        self, conversations: Conversations, store: Store, room: AudioRoom, max_calls: int, secret: bytes
    ) -> None:
        """`max_calls`: never carry more (0: no such limit); `secret` signs resume tokens."""
        self._conversations = conversations
        self._store = store
        self._room = room
        self._max_calls = max_calls
        self._secret = secret
        self._calls: dict[str, Call] = {}
        self._since: dict[Call, float] = {}
        """When each call took its place, monotonic seconds."""
        self._pins: dict[str, ExitStack] = {}
        self._lock = asyncio.Lock()
        self._draining = False

    @property
    def live(self) -> int:
        """Calls with an open leg."""
        return len(self._calls)

    @property
    def open_calls(self) -> list[Call]:
        """Calls with an open leg."""
        return list(self._calls.values())

    @property
    def room(self) -> int:
        """Calls that would be admitted now beside those that are open."""
        if self._draining:
            return 0
        room = self._room.load.room(self._since, monotonic()) if self._room.load is not None else NO_LIMIT
        return max(0, min(room, self._max_calls - len(self._calls))) if self._max_calls else room

    @property
    def limited(self) -> bool:
        """Whether anything limits the calls of this node: what they cost, a fixed number, or that it stops."""
        return self._room.load is not None or bool(self._max_calls) or self._draining

    @property
    def has_room(self) -> bool:
        """Whether another call would be admitted."""
        return self.room > 0

    @property
    def awaits_senders(self) -> bool:
        """Whether a sender may come back that has a place already: a leg's connection is gone."""
        return any(slot.sender is None for call in self._calls.values() for slot in call.slots.values())

    @property
    def draining(self) -> bool:
        """Whether the node is shutting down."""
        return self._draining

    @property
    def load(self) -> LoadMeter | None:
        """What the calls are measured to cost; None where only a fixed number limits them."""
        return self._room.load

    @property
    def pools(self) -> Mapping[str, RecognizerPool]:
        """The recognisers, by language."""
        return self._room.pools

    async def has_place_for(self, external_id: str) -> bool:
        """Whether a sender that names this call finds a place: always in a call that is open already."""
        if self._draining or self.has_room:
            return True
        live = await self._conversations.find(external_id)
        return live is not None and live.conversation_id in self._calls

    async def open(self, wanted: OpenCall, sender: Sender, permit: Permit | None = None) -> Joined:
        """Begin or resume the legs that `sender` wants to deliver. Raises CallRefused.

        `permit` refuses a queue that is not the sender's; None: it may use them all.
        """
        try:
            return await self._take(wanted, sender, permit or _any_queue)
        except CallRefused as refused:
            self._room.metrics.refused(refused.code.value)
            log.warning("a sender was refused: %s", refused.code.value)
            raise

    async def _take(self, wanted: OpenCall, sender: Sender, permit: Permit) -> Joined:
        asked, start = monotonic(), wanted.start
        if self._draining:
            raise CallRefused(ErrorCode.SHUTTING_DOWN, "this node is shutting down; connect again elsewhere")
        told = {language for spec in start.legs if (language := told_language(spec, start)) is not None}
        missing = told - self._room.pools.keys()
        if missing:
            raise CallRefused(ErrorCode.UNSUPPORTED_LANGUAGE, f"no speech model is loaded for {sorted(missing)}")
        async with self._lock:
            try:
                return await self._open(wanted, sender, permit, asked)
            except (StorageError, StoreError) as error:
                log.error("call refused, storage: %s", type(error).__name__)
                raise CallRefused(ErrorCode.STORAGE, "the call cannot be stored now; try again") from error

    async def _open(self, wanted: OpenCall, sender: Sender, permit: Permit, asked: float) -> Joined:
        start = wanted.start
        live = await self._conversations.find(start.external_id)
        if live is not None:
            await live.refresh()
        call = self._calls.get(live.conversation_id) if live is not None else None
        if call is None:
            self._admit()
        if live is not None:
            await permit(live.queue)
            _check_open(live)
            if wanted.restart:
                start = anew(live.session.state, call.slots if call is not None else {}, start, time())
            entitled = wanted.supersede or self._entitled(live, start.resume_token)
            (call or Call(live, self._room)).check(start, may_supersede=entitled)
        fresh = live is None
        task = await self._store.tasks.get(TENANT, start.task) if start.task is not None else None
        if task is not None:
            await permit(queue_of(None, task))
        live = live or await self._begin(start, task, permit)
        if not fresh:
            await self._conversations.bind_late(live, start.customer, start.product, task, "sender")
        call = call or self._remember(Call(live, self._room))
        call.joining += 1
        try:
            resume_from = await call.attach(start, sender, wanted.resumable, fresh, asked)
        except BaseException:
            # A sender that is refused will never be lost.
            call.detach(sender)
            raise
        finally:
            call.joining -= 1
            self.forget_if_idle(call)
        started = listen.Started(
            conversation_id=live.conversation_id,
            resume_token=self._token(live.conversation_id),
            resume_from=resume_from,
        )
        legs = {told.leg: spec.leg for told, spec in zip(wanted.start.legs, start.legs, strict=True)}
        return Joined(call, started, live.session.state.legs[start.legs[0].leg].offset, legs)

    def _remember(self, call: Call) -> Call:
        self._calls[call.live.conversation_id] = call
        self._since[call] = monotonic()
        pin = ExitStack()
        pin.enter_context(self._conversations.pinned(call.live))
        self._pins[call.live.conversation_id] = pin
        return call

    async def _begin(self, start: listen.Start, task: TaskRecord | None, permit: Permit) -> LiveConversation:
        told = start.model_fields_set
        queue = queue_of(start.queue if "queue" in told else None, task)
        await permit(queue)
        languages = [language for spec in start.legs if (language := told_language(spec, start)) is not None]
        try:
            return await self._conversations.open(
                channel=start.channel,
                external_id=start.external_id,
                language=start.language if "language" in told else next(iter(languages), None),
                queue=queue,
                direction=start.direction if task is None or "direction" in told else Direction.OUTBOUND,
                agent=start.agent or (task.agent if task is not None else None),
                customer=start.customer,
                context=start.context,
                product=start.product,
                task=task,
            )
        except ConflictError as error:  # the switch told of the call at this very moment
            live = await self._conversations.find(start.external_id)
            if live is None:
                raise CallRefused(ErrorCode.CONFLICT, "this external id is taken") from error
            await permit(live.queue)
            _check_open(live)
            return live

    def _admit(self) -> None:
        if not self.has_room:
            raise CallRefused(ErrorCode.OVERLOADED, FULL)

    async def recover(self) -> None:
        """After a restart: go on decoding what was spooled, and wait for the senders to come back."""
        for record in await self._store.unfinished_conversations():
            live = await self._conversations.get(record.conversation_id)
            if live is None or all(leg.ended for leg in live.session.state.legs.values()):
                continue
            call = self._remember(Call(live, self._room))
            await call.recover()
            self.forget_if_idle(call)

    def tick(self, now: float) -> None:
        """Once in a while: stalled and lost senders, calls that are over."""
        if self._room.load is not None:
            self._room.load.tick(self._since, now)
        for call in list(self._calls.values()):
            call.tick(now)
            call.live.note_lag(call.behind, call.away)
            self.forget_if_idle(call)

    def forget_if_idle(self, call: Call) -> None:
        """A call without open legs frees its place."""
        conversation_id = call.live.conversation_id
        if call.idle and self._calls.get(conversation_id) is call:
            del self._calls[conversation_id]
            del self._since[call]
            call.live.note_lag(0.0)
            self._pins.pop(conversation_id).close()

    async def drain(self, seconds: float) -> None:
        """Take no new calls, and hand over those that go on; takes twice `seconds` at most. See `draining.drain`."""
        self._draining = True
        await asyncio.gather(*(drain(call, seconds) for call in self.open_calls))

    async def close(self) -> None:
        """Let go of all calls; they are recovered by the next start."""
        self._draining = True
        for call in self._calls.values():
            await call.close()
        self._calls.clear()
        self._since.clear()
        for pin in self._pins.values():
            pin.close()

    def _entitled(self, live: LiveConversation, token: str | None) -> bool:
        return token is not None and hmac.compare_digest(token.encode(), self._token(live.conversation_id).encode())

    def _token(self, conversation_id: str) -> str:
        return hmac.new(self._secret, f"resume:{conversation_id}".encode(), hashlib.sha256).hexdigest()[:32]


async def _any_queue(queue: str) -> None:
    """Refuses none."""


def _check_open(live: LiveConversation) -> None:
    """Raise CallRefused where no audio may be added."""
    state = live.session.state
    if state.started is not None and state.started.channel is not Channel.CALL:
        raise CallRefused(ErrorCode.CONFLICT, "this external id belongs to a chat")
    if state.wrapped_up:
        raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this conversation is wrapped up")
