"""Whoever delivers audio: why it may be refused, and what it is told."""

from typing import Protocol

from server.session import Commit, InterimHeard, Output
from server.wire import events as ev
from server.wire import listen
from server.wire.base import ErrorCode


class CallRefused(Exception):
    """This audio cannot be taken; `code` and the message tell the sender why."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Sender(Protocol):
    """A connection that delivers audio and is told what comes of it. None of these waits for the network."""

    def acked(self, leg: str, samples: int) -> None:
        """So much of the leg is durable."""

    def interim(self, interim: listen.Interim) -> None:
        """Words being spoken."""

    def final(self, final: listen.Final) -> None:
        """A committed utterance."""

    def chunk_done(self) -> None:
        """All that was heard in one piece of audio has been told."""

    def failed(self, code: ErrorCode, message: str) -> None:
        """The connection is of no further use."""


def tell(sender: Sender, outputs: list[Output]) -> None:
    """Pass on the words among `outputs`."""
    for output in outputs:
        match output:
            case InterimHeard():
                sender.interim(listen.Interim(leg=output.leg, text=output.text, start=output.start, end=output.end))
            case Commit(event) if isinstance(event.payload, ev.Utterance):
                sender.final(_final(event.payload))


def _final(utterance: ev.Utterance) -> listen.Final:
    assert utterance.leg is not None and utterance.start_sample is not None and utterance.end_sample is not None
    return listen.Final(
        leg=utterance.leg,
        utterance_id=utterance.utterance_id,
        text=utterance.text,
        start=utterance.start,
        end=utterance.end,
        start_sample=utterance.start_sample,
        end_sample=utterance.end_sample,
        words=list(utterance.words),
    )
