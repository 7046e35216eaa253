"""All calls on this node: admission, senders that come and go, recovery, draining."""

import asyncio
import hashlib
import hmac
import logging

from server.live.call import AudioRoom, Call, CallRefused, Sender
from server.live.conversation import LiveConversation
from server.live.conversations import Conversations
from server.spool import StorageError
from server.store import ConflictError, Store, StoreError
from server.wire import listen
from server.wire.base import ErrorCode

log = logging.getLogger(__name__)


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

    async def open(self, start: listen.Start, sender: Sender, resumable: bool) -> tuple[Call, listen.Started, float]:
        """Begin or resume the legs of `start`; also the offset of its first leg. Raises CallRefused."""
        if self._draining:
            raise CallRefused(ErrorCode.SHUTTING_DOWN, "this node is shutting down; connect again elsewhere")
        missing = {spec.language or start.language for spec in start.legs} - self._room.pools.keys()
        if missing:
            raise CallRefused(ErrorCode.UNSUPPORTED_LANGUAGE, f"no speech model is loaded for {sorted(missing)}")
        async with self._lock:
            try:
                return await self._open(start, sender, resumable)
            except (StorageError, StoreError) as error:
                log.error("call refused, storage: %s", type(error).__name__)
                raise CallRefused(ErrorCode.STORAGE, "the call cannot be stored now; try again") from error

    async def _open(self, start: listen.Start, sender: Sender, resumable: bool) -> tuple[Call, listen.Started, float]:
        live = await self._conversations.find(start.external_id)
        call = self._calls.get(live.conversation_id) if live is not None else None
        if call is None:
            self._admit()
        if live is not None:
            entitled = self._entitled(live, start.resume_token)
            (call or Call(live, self._room)).check(start, may_supersede=entitled)
            if live.session.state.wrapped_up:
                raise CallRefused(ErrorCode.CONVERSATION_ENDED, "this conversation is wrapped up")
        else:
            live = await self._begin(start)
        if call is None:
            call = self._calls[live.conversation_id] = Call(live, self._room)
        resume_from = await call.attach(start, sender, resumable)
        started = listen.Started(
            conversation_id=live.conversation_id,
            resume_token=self._token(live.conversation_id),
            resume_from=resume_from,
        )
        return call, started, live.session.state.legs[start.legs[0].leg].offset

    async def _begin(self, start: listen.Start) -> LiveConversation:
        try:
            return await self._conversations.open(
                channel=start.channel,
                external_id=start.external_id,
                language=start.language,
                queue=start.queue,
                direction=start.direction,
                agent=start.agent,
                customer=start.customer,
                context=start.context,
            )
        except ConflictError as error:
            raise CallRefused(ErrorCode.CONFLICT, "another sender is opening this conversation; try again") from error

    def _admit(self) -> None:
        if not self.has_room:
            raise CallRefused(ErrorCode.OVERLOADED, "this node carries as many calls as it can; try again later")

    async def recover(self) -> None:
        """After a restart: go on decoding what was spooled, and wait for the senders to come back."""
        for record in await self._store.unfinished_conversations():
            live = await self._conversations.get(record.conversation_id)
            if live is None or all(leg.ended for leg in live.session.state.legs.values()):
                continue
            call = Call(live, self._room)
            try:
                await call.recover()
            except StorageError as error:
                log.error("conversation %s: its audio cannot be recovered: %s", record.conversation_id, error)
                continue
            self._calls[record.conversation_id] = call

    async def tick(self, now: float) -> None:
        """Once in a while: stalled and lost senders, calls that are over."""
        for conversation_id, call in list(self._calls.items()):
            try:
                await call.tick(now)
            except (StorageError, StoreError) as error:
                log.error("conversation %s: %s", conversation_id, type(error).__name__)
            self.forget_if_idle(call)

    def forget_if_idle(self, call: Call) -> None:
        """A call without open legs frees its place."""
        if call.idle:
            self._calls.pop(call.live.conversation_id, None)

    def drain(self) -> None:
        """Take no new calls."""
        self._draining = True

    async def close(self) -> None:
        """Let go of all calls; they are recovered by the next start."""
        self._draining = True
        for call in self._calls.values():
            await call.close()
        self._calls.clear()

    def _entitled(self, live: LiveConversation, token: str | None) -> bool:
        return token is not None and hmac.compare_digest(token, self._token(live.conversation_id))

    def _token(self, conversation_id: str) -> str:
        return hmac.new(self._secret, f"resume:{conversation_id}".encode(), hashlib.sha256).hexdigest()[:32]
