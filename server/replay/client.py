"""The sending side of a dialect, without I/O."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from server.replay.audio import CallAudio
from server.replay.errors import ReplayError
from server.replay.heard import Begin, Failed, Finished, Heard, Received
from server.replay.options import CallOptions
from server.wire.base import ErrorCode

Message = str | bytes
"""As it goes over the socket."""


class StreamClient(Protocol):
    """One stream's words to the server; an object outlives connections. Subclass it for what is usual."""

    url: str
    options: CallOptions

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the upgrade."""
        return self.options.headers

    @property
    def subprotocols(self) -> Sequence[str]:
        """Subprotocols that are offered."""
        return ()

    @property
    def hangs_up(self) -> bool:
        """Whether it closes after its last message, instead of waiting for the server to."""
        return False

    def opening(self, position: int) -> Sequence[Message]:
        """The first messages of a connection that will go on from sample `position`."""

    def begun(self) -> Begin | None:
        """When to begin, if the server does not say."""

    def pieces(self, audio: CallAudio, start: int, end: int) -> Sequence[Message]:
        """Samples `start` to `end` of the stream."""
        return [audio.chunk(start, end, self.options.encoding)]

    def ending(self) -> Sequence[Message]:
        """The last messages."""

    def receive(self, text: str) -> Received:
        """Understand a message."""

    def closed(self, reason: str, ending: bool) -> Heard | None:
        """Understand a close; `ending`: the last message was sent."""


class OneWayClient(StreamClient, Protocol):
    """A sender that is told nothing but the close, and cannot resume."""

    def begun(self) -> Begin | None:
        """At once: nothing is answered."""
        return Begin(None, None)

    def ending(self) -> Sequence[Message]:
        """Nothing: it hangs up."""
        return []

    def receive(self, text: str) -> Received:
        """Nothing is to be heard of a server that only listens."""
        raise ReplayError("the server answers a stream that it should only listen to: is the URL right?")

    def closed(self, reason: str, ending: bool) -> Heard | None:
        """The error in a close reason, if it is one of ours (`code: message`); else the end, if we said so."""
        code, _, message = reason.partition(": ")
        if code in set(ErrorCode):
            return Failed(code, message, fatal=True)
        return Finished() if ending else None
