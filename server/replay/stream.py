"""One socket of a call: sends audio when it is due, hears what comes back, and survives a lost connection."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

from websockets.exceptions import ConnectionClosed

from server.replay.audio import CallAudio
from server.replay.client import StreamClient
from server.replay.connecting import RETRIED_CODES, ConnectionFailed, Declined, connected
from server.replay.errors import LostError, RefusedError, ReplayError, UnauthorisedError
from server.replay.heard import Begin, Failed, FinalHeard, Finished, Heard, Received
from server.replay.lines import Line
from server.replay.options import CallOptions
from server.replay.pacing import Pacer, SendLog
from server.replay.tally import Tally
from server.wire.base import ErrorCode, Message

Emit = Callable[[dict[str, Any]], None]
"""Takes one event: the server's message (or the client's own `reconnecting`) with `at`, Unix seconds."""

_REFUSALS = frozenset({1002, 1003, 1007, 1008, 1009, 1010})
"""Close codes that say that what we send is wrong, not that the connection is."""
_ENDS = frozenset({1000, 1001, 1005})
"""Close codes of a server that has heard everything; 1006 and 1011 are of a line that broke with audio on its way."""
_BEGIN_SECONDS = 30.0
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class Stream:
    """Plays `audio` through `client` until the server has heard it all."""

    def __init__(
        self, client: StreamClient, audio: CallAudio, options: CallOptions, pacer: Pacer, tally: Tally, emit: Emit
    ) -> None:
        """`pacer` and `tally` are shared by the streams of one call."""
        self._client = client
        self._audio = audio
        self._options = options
        self._pacer = pacer
        self._tally = tally
        self._emit = emit
        self._log = SendLog()
        self._position = 0
        self._ending = False
        self._ended_once = False
        self._admitted = False
        self._alive = False

    async def run(self) -> None:
        """Play to the end. Raises `RefusedError`, `UnauthorisedError`, `LostError` or `ReplayError`."""
        lost_at: float | None = None
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._connection()
                return
            except _Interrupted as interrupted:
                if self._alive:
                    lost_at, pause = None, _FIRST_PAUSE
                lost_at = lost_at or time.monotonic()
                left = lost_at + self._options.retry_seconds - time.monotonic()
                if left <= 0:
                    raise LostError(f"no connection to the server: {interrupted}") from interrupted
                self._tell({"type": "reconnecting", "reason": str(interrupted)})
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _connection(self) -> None:
        self._alive = self._ending = False
        try:
            async with connected(self._client.url, self._client.headers, self._client.subprotocols) as socket:
                await _send(socket, self._client.opening(self._position))
                async with asyncio.timeout(_BEGIN_SECONDS):
                    begin = self._client.begun() or await self._hear_begin(socket)
                if isinstance(begin, Begin):
                    self._begin(begin)
                    await self._talk(socket)
        except ConnectionClosed as closed:
            self._judge_close(closed)
        except Declined as declined:
            self._judge_failure(declined.failed)
        except (ConnectionFailed, TimeoutError) as error:
            raise _Interrupted(str(error) or "no answer") from error

    async def _hear_begin(self, socket: Line) -> Begin | Finished:
        while True:
            heard = await self._hear(socket)
            if isinstance(heard, Begin | Finished):
                return heard

    def _begin(self, begin: Begin) -> None:
        if begin.resume_from is not None:
            if begin.resume_from > self._audio.samples:
                raise RefusedError("conflict", "it already has more audio under this external id than the files hold")
            self._position = begin.resume_from
        self._tally.reconnects += self._admitted
        self._admitted = True
        self._pacer.begin()

    async def _talk(self, socket: Line) -> None:
        sending = asyncio.create_task(self._send_all(socket))
        try:
            while not isinstance(await self._hear(socket), Finished):
                pass
        finally:
            sending.cancel()
            # A broken connection is seen by both tasks; the one that receives tells why.
            with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                await sending

    async def _send_all(self, socket: Line) -> None:
        step = max(1, round(self._options.chunk * self._audio.sample_rate))
        while self._position < self._audio.samples:
            end = min(self._position + step, self._audio.samples)
            await self._pacer.until(end)
            self._log.sent(end)
            await _send(socket, self._client.pieces(self._audio, self._position, end))
            self._position = end
        await _send(socket, self._client.ending())
        self._ending = self._ended_once = True
        if self._client.hangs_up:
            await socket.close()

    async def _hear(self, socket: Line) -> Heard | None:
        received = self._client.receive(await socket.recv(decode=True))
        await _send(socket, received.replies)
        return self._take(received)

    def _take(self, received: Received) -> Heard | None:
        event = received.event
        self._tell(event.model_dump(mode="json") if isinstance(event, Message) else event)
        heard = received.heard
        self._tally.take(heard, self._log.since(heard.end_sample) if isinstance(heard, FinalHeard) else None)
        if isinstance(heard, Failed):
            return self._judge_failure(heard) if heard.fatal else heard
        # A server that only greets is not worth coming back to for ever.
        self._alive = self._alive or not isinstance(heard, Begin)
        return heard

    def _judge_close(self, closed: ConnectionClosed) -> None:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        heard = self._client.closed(reason, self._ending)
        if isinstance(heard, Finished) and code in _ENDS:
            return
        if isinstance(heard, Failed):
            self._judge_failure(heard)
            return
        if code in _REFUSALS:
            raise RefusedError(f"connection closed ({code})", reason)
        raise _Interrupted(f"connection closed ({code})") from closed

    def _judge_failure(self, failed: Failed) -> Finished:
        if failed.code == ErrorCode.CONVERSATION_ENDED and self._ended_once and self._all_acknowledged:
            return Finished()  # we said `stop`, and only the answer was lost
        if failed.code in (ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN):
            raise UnauthorisedError(failed.message)
        # Before the call was admitted, a full server or a busy leg is an answer; later it passes.
        passing = RETRIED_CODES | {ErrorCode.OVERLOADED, ErrorCode.LEG_BUSY} if self._admitted else RETRIED_CODES
        if failed.code not in passing:
            raise RefusedError(failed.code, failed.message)
        raise _Interrupted(failed.code)

    @property
    def _all_acknowledged(self) -> bool:
        """Whether the server has all audio, as far as it says so at all."""
        acked = self._tally.acked
        return not acked or all(acked.get(leg, 0) >= self._audio.samples for leg in self._audio.tracks)

    def _tell(self, event: dict[str, Any]) -> None:
        self._emit({"at": time.time(), **event})


async def _send(socket: Line, messages: Iterable[str | bytes]) -> None:
    for message in messages:
        await socket.send(message)


class _Interrupted(ReplayError):
    """This connection is over, the call is not."""
