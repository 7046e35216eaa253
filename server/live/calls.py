"""All calls on this node: admission, senders that come and go, recovery, draining."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from server.live.admission import told_language
from server.live.call import Call
from server.live.conversation import LiveConversation
from server.live.conversations import TENANT, Conversations, queue_of
from server.live.room import AudioRoom
from server.live.sender import CallRefused, Sender
from server.spool import StorageError
from server.store import ConflictError, Store, StoreError
from server.store.queries.tasks import TaskRecord
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Channel, Direction

log = logging.getLogger(__name__)
Permit = Callable[[str], Awaitable[None]]
"""Raises CallRefused where the sender is not for that queue."""


class Calls:
    """Takes audio in. Every method belongs to the event loop."""

    def __init__(
        self, conversations: Conversations, store: Store, room: AudioRoom, max_calls: int, secret: bytes
    ) -> None:
        """`secret` signs resume tokens."""
        self._conversations = conversations
        self._store = store
        self._room = room
        self._max_calls = max_calls
        self._secret = secret
        self._calls: dict[str, Call] = {}
        self._pins: dict[str, ExitStack] = {}
        self._lock = asyncio.Lock()
        self._draining = False

    @property
    def live(self) -> int:
        """Calls with an open leg."""
        return len(self._calls)

    @property
    def has_room(self) -> bool:
        """Whether another call would be admitted."""
        return not self._draining and len(self._calls) < self._max_calls

    async def open(
        self,
        start: listen.Start,
        sender: Sender,
        resumable: bool,
        permit: Permit | None = None,
        supersede: bool = False,
    ) -> tuple[Call, listen.Started, float]:
        """Begin or resume the legs of `start`; also the offset of its first leg. Raises CallRefused.

        `permit` refuses a queue that is not the sender's; None: it may use them all. `supersede`: it may take legs
        from another sender without a resume token.
        """
        if self._draining:
            raise CallRefused(ErrorCode.SHUTTING_DOWN, "this node is shutting down; connect again elsewhere")
        told = {language for spec in start.legs if (language := told_language(spec, start)) is not None}
        missing = told - self._room.pools.keys()
        if missing:
            raise CallRefused(ErrorCode.UNSUPPORTED_LANGUAGE, f"no speech model is loaded for {sorted(missing)}")
        async with self._lock:
            try:
                return await self._open(start, sender, resumable, permit or _any_queue, supersede)
            except (StorageError, StoreError) as error:
                log.error("call refused, storage: %s", type(error).__name__)
                raise CallRefused(ErrorCode.STORAGE, "the call cannot be stored now; try again") from error

    async def _open(
        self, start: listen.Start, sender: Sender, resumable: bool, permit: Permit, supersede: bool
    ) -> tuple[Call, listen.Started, float]:
        live = await self._conversations.find(start.external_id)
        if live is not None:
            await live.refresh()
        call = self._calls.get(live.conversation_id) if live is not None else None
        if call is None:
            self._admit()
        if live is not None:
            await permit(live.queue)
            _check_open(live)
            entitled = supersede or self._entitled(live, start.resume_token)
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
            resume_from = await call.attach(start, sender, resumable, fresh)
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
        return call, started, live.session.state.legs[start.legs[0].leg].offset

    def _remember(self, call: Call) -> Call:
        self._calls[call.live.conversation_id] = call
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
            raise CallRefused(ErrorCode.OVERLOADED, "this node carries as many calls as it can; try again later")

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
        for call in list(self._calls.values()):
            call.tick(now)
            self.forget_if_idle(call)

    def forget_if_idle(self, call: Call) -> None:
        """A call without open legs frees its place."""
        conversation_id = call.live.conversation_id
        if call.idle and self._calls.get(conversation_id) is call:
            del self._calls[conversation_id]
            self._pins.pop(conversation_id).close()

    def drain(self) -> None:
        """Take no new calls."""
        self._draining = True

    async def close(self) -> None:
        """Let go of all calls; they are recovered by the next start."""
        self._draining = True
        for call in self._calls.values():
            await call.close()
        self._calls.clear()
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
