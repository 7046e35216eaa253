"""Drives a dialect over a transport: what it receives becomes calls, what calls tell becomes replies."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

from server.hub import Hub, Lagged
from server.ingest.dialect import (
    Action,
    Audio,
    ChangeLanguage,
    Close,
    CloseWithin,
    CutUtterance,
    Dialect,
    EndAudio,
    EventDialect,
    Missing,
    OpenCall,
    Refuse,
    Reply,
    SendBytes,
    SendText,
    Tell,
)
from server.ingest.gathering import Gatherer
from server.ingest.transport import Gone, Transport
from server.live.call import Call
from server.live.calls import Calls, Permit
from server.live.conversation import Published, conversation_topic
from server.live.sender import CallRefused
from server.spool import StorageError
from server.store import StoreError
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Event

log = logging.getLogger(__name__)
QUEUE_SIZE = 1024
INTERIM_ROOM = 64
"""With more replies than this waiting, interims are left out."""
SEND_TIMEOUT = 20.0


class AudioSocket:
    """One connection of a sender."""

    def __init__(
        self,
        transport: Transport,
        dialect: Dialect,
        calls: Calls,
        idle_timeout: float,
        ack_interval: float,
        permit: Permit | None = None,
        hub: Hub[Published] | None = None,
        may_pause: bool = False,
    ) -> None:
        """Times in seconds: without audio for `idle_timeout`, or a call in that time, the connection is closed.

        `permit`: see `Calls.open`. `hub`: where an `EventDialect` hears what happens in its conversation.
        `may_pause`: the sender is a phone system, which says nothing while a call is on hold; then its connection is
        closed only where nothing else tells whether it is still there.
        """
        self._transport = transport
        self._dialect = dialect
        self._calls = calls
        self._idle_timeout = idle_timeout
        self._ack_interval = ack_interval
        self._permit = permit
        self._hub = hub
        self._may_pause = may_pause
        self._events: asyncio.Task[None] | None = None
        self._replies: asyncio.Queue[Reply] = asyncio.Queue(QUEUE_SIZE)
        self._call: Call | None = None
        self._legs: dict[str, str] = {}
        """Names in the call of the legs that the dialect knows by another."""
        self._waiting: asyncio.Timeout | None = None
        """While a message is waited for."""
        self._gone = False

    async def run(self) -> None:
        """Accept and serve the connection until it ends."""
        await self._transport.accept()
        writer = asyncio.create_task(self._write())
        acks = asyncio.create_task(self._acknowledge())
        try:
            await self._read(writer)
            if not self._gone:
                await asyncio.wait([writer], timeout=SEND_TIMEOUT)
        finally:
            if self._call is not None:
                self._call.detach(self)
            tasks = [task for task in (writer, acks, self._events) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- what the call tells (server.live.sender.Sender)

    def acked(self, leg: str, samples: int) -> None:
        """Pass on what is durable."""
        self._tell(self._dialect.acked(self._told(leg), samples))

    def interim(self, interim: listen.Interim) -> None:
        """Pass on words being spoken, unless the client reads too slowly for them."""
        if self._replies.qsize() < INTERIM_ROOM:
            self._tell(self._dialect.interim(interim.model_copy(update={"leg": self._told(interim.leg)})))

    def final(self, final: listen.Final) -> None:
        """Pass on a committed utterance."""
        self._tell(self._dialect.final(final.model_copy(update={"leg": self._told(final.leg)})))

    def chunk_done(self) -> None:
        """Reply to a piece of audio, where the dialect does."""
        self._tell(self._dialect.chunk_done())

    def failed(self, code: ErrorCode, message: str) -> None:
        """Close with an error."""
        self._tell(self._dialect.failed(code, message, fatal=True))

    # --- inside

    async def _read(self, writer: asyncio.Task[None]) -> None:
        gatherer, awake = Gatherer(), monotonic()
        writer.add_done_callback(lambda _: self._stop_waiting())
        while not writer.done():
            idle_at = awake + self._idle_timeout
            message = await self._receive(min(idle_at, gatherer.due or idle_at))
            now = monotonic()
            # Before there is a call, whatever is said keeps no connection open.
            heard = message is not None and self._call is not None
            if heard or (now >= idle_at and self._paused(now)):
                awake = now
            elif now >= idle_at and not writer.done():
                self.failed(ErrorCode.IDLE, f"nothing was received for {self._idle_timeout:g} s")
                return
            actions = [one for action in self._understand(message) for one in gatherer.take(action, now)]
            if message is None or isinstance(message, Gone):
                actions += gatherer.flush()
            for action in actions:
                await self._carry_out(action)
            if isinstance(message, Gone):
                self._gone = True
                return

    def _paused(self, now: float) -> bool:
        """Whether a sender that says nothing is still there: its transport watches the line, or its call goes on."""
        if self._call is None or not self._may_pause:
            return False
        return self._transport.watches_line or self._call.spoken_within(self._idle_timeout, now)

    def _understand(self, message: str | bytes | Gone | None) -> list[Action]:
        match message:
            case None:
                return []
            case Gone(orderly):
                return self._dialect.left() if orderly else []
            case str():
                return self._dialect.receive_text(message)
            case _:
                return self._dialect.receive_bytes(message)

    async def _receive(self, until: float) -> str | bytes | Gone | None:
        """The next message; None when none came until then (monotonic seconds), or `_stop_waiting` was called."""
        try:
            async with asyncio.timeout(until - monotonic()) as self._waiting:
                return await self._transport.receive()
        except TimeoutError:
            return None
        finally:
            self._waiting = None

    def _stop_waiting(self) -> None:
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(0.0)

    async def _carry_out(self, action: Action) -> None:
        try:
            match action:
                case OpenCall():
                    await self._open(action)
                case Audio(raw, encoding) if self._call is not None:
                    heard = {self._legs.get(leg, leg): part for leg, part in raw.items()}
                    await self._call.audio(Audio(heard, encoding), self)
                case Missing(leg=leg) if self._call is not None:
                    await self._call.missing(replace(action, leg=self._legs.get(leg, leg)), self)
                case CutUtterance() if self._call is not None:
                    await self._call.cut(self)
                case ChangeLanguage(language) if self._call is not None:
                    await self._call.change_language(language, self)
                case EndAudio() if self._call is not None:
                    await self._end(self._call)
                case Refuse(code, message, fatal):
                    self._tell(self._dialect.failed(code, message, fatal))
                case Tell(reply):
                    self._tell([reply])
        except CallRefused as refused:
            self.failed(refused.code, str(refused))
        except (StorageError, StoreError) as error:
            log.error("audio could not be stored: %s", type(error).__name__)
            self.failed(ErrorCode.STORAGE, "the audio could not be stored; connect again to go on")

    async def _open(self, wanted: OpenCall) -> None:
        joined = await self._calls.open(wanted, self, self._permit)
        self._call, started = joined.call, joined.started
        self._legs.update(joined.legs)
        self._tell(self._dialect.started(started, joined.offset))
        if self._events is None and self._hub is not None and isinstance(self._dialect, EventDialect):
            self._events = asyncio.create_task(self._pass_on(self._hub, self._dialect, started.conversation_id))

    async def _pass_on(self, hub: Hub[Published], dialect: EventDialect, conversation_id: str) -> None:
        """Tell the sender what happens in its conversation from now on."""
        heard = hub.subscribe(conversation_topic(conversation_id))
        with contextlib.closing(heard), contextlib.suppress(Lagged):
            async for _, published in heard:
                if isinstance(published, Event):
                    self._tell(dialect.event(published))

    async def _end(self, call: Call) -> None:
        samples = {self._told(leg): count for leg, count in (await call.end(self, "stopped")).items()}
        self._calls.forget_if_idle(call)
        self._tell(self._dialect.ended(listen.Ended(conversation_id=call.live.conversation_id, samples=samples)))

    def _told(self, leg: str) -> str:
        """What the dialect calls a leg of the call."""
        return next((told for told, name in self._legs.items() if name == leg), leg)

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(self._ack_interval)
            if self._call is None:
                continue
            try:
                await self._call.acknowledge(self)
            except StorageError:
                self.failed(ErrorCode.STORAGE, "the audio could not be kept; connect again to go on")
                return

    def _tell(self, replies: Iterable[Reply]) -> None:
        try:
            for reply in replies:
                self._replies.put_nowait(reply)
        except asyncio.QueueFull:
            self._hang_up()

    def _hang_up(self) -> None:
        """The client does not read: forget what waits, say so, close."""
        while not self._replies.empty():
            self._replies.get_nowait()
        for reply in self._dialect.failed(ErrorCode.SLOW_READER, "replies were not read; connect again to go on", True):
            self._replies.put_nowait(reply)

    async def _write(self) -> None:
        """Send replies in order until one of them closes the connection, or the client stops reading."""
        with contextlib.suppress(OSError, TimeoutError):
            while True:
                reply = await self._replies.get()
                async with asyncio.timeout(SEND_TIMEOUT):
                    match reply:
                        case SendText(text):
                            await self._transport.send_text(text)
                        case SendBytes(data):
                            await self._transport.send_bytes(data)
                        case CloseWithin(code, reason, seconds):
                            asyncio.get_running_loop().call_later(seconds, self._tell, [Close(code, reason)])
                        case Close(code, reason):
                            await self._transport.close(code, reason)
                            return
