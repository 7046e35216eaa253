"""A protocol that carries nothing back but the close: what its sender is told, and when it ends."""

from server.ingest.closing import close_for
from server.ingest.dialect import Action, Close, EndAudio, Refuse, Reply
from server.wire import listen
from server.wire.base import ErrorCode


class OneWay:
    """Base of dialects whose sender is not told what was heard, and says by closing that the call is over.

    `opened`: the call was asked for; `over`: what still comes is dropped.
    """

    def __init__(self) -> None:
        self.opened = False
        self.over = False

    def left(self) -> list[Action]:
        """The call is over; see `Dialect`."""
        over, self.over = self.over, True
        return [EndAudio()] if self.opened and not over else []

    def started(self, info: listen.Started, offset: float = 0.0) -> list[Reply]:
        """Tell nothing: the sender does not wait."""
        return []

    def acked(self, leg: str, samples: int) -> list[Reply]:
        """Tell nothing: the protocol has no acknowledgement."""
        return []

    def interim(self, interim: listen.Interim) -> list[Reply]:
        """Tell nothing: a switch might take text for a command."""
        return []

    def final(self, final: listen.Final) -> list[Reply]:
        """Tell nothing, as `interim`."""
        return []

    def chunk_done(self) -> list[Reply]:
        """Tell nothing."""
        return []

    def ended(self, ended: listen.Ended) -> list[Reply]:
        """Close; see `Dialect`."""
        return [Close(1000, "")]

    def failed(self, code: ErrorCode, message: str, fatal: bool) -> list[Reply]:
        """Close with the error as the reason if it is fatal; the protocol has no error message."""
        self.over = self.over or fatal
        return [close_for(code, message)] if fatal else []

    def refuse(self, refusal: Refuse) -> list[Action]:
        """The action for a fatal refusal, after which nothing is taken any more."""
        self.over = True
        return [refusal]

    def wrong(self, code: ErrorCode, message: str) -> list[Action]:
        """The same for what the sender did wrong."""
        return self.refuse(Refuse(code, message, fatal=True))
