"""The protocol of one sender, without I/O: what was received goes in, actions come out, and back again.

The socket that drives a dialect calls `receive_text` or `receive_bytes` for each message and carries out the
actions in order. What happens to the call it tells with the other methods, and sends the replies that they
return. A dialect never raises on anything a sender can send.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from asr.audio import decode
from server.wire import listen
from server.wire.base import ErrorCode
from server.wire.events import Event


@dataclass(frozen=True, slots=True)
class SendText:
    """Send this text message."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket. `code` is a WebSocket close code, `reason` at most 123 bytes of UTF-8."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class SendBytes:
    """Send this binary message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class CloseWithin:
    """Close in so many `seconds`, as `Close` does, unless the sender closes first; other replies may still follow."""

    code: int
    reason: str
    seconds: float


Reply = SendText | SendBytes | Close | CloseWithin

MOST_FILLED = 60.0
"""Seconds of missing audio for which silence can stand in: to decode it costs time when the audio goes on."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A sender wants to deliver the audio that `start` describes; answer with `started` or `failed`.

    `resumable`: the sender can be told where to go on (`resume_from`). Where it is false, the sender goes on from
    now, and whatever was said while it was away is a gap.
    `supersede`: the legs may be taken from another connection that still seems to deliver them, as a phone system
    does that connects anew before its old connection is known to be dead. Only for senders that were authenticated.
    `piecewise`: each piece of audio is answered with `chunk_done`; else small ones may be put together.
    `restart`: a leg that has ended goes on as another one of the same voice, as when a phone system stops its stream
    while a call is on hold. The dialect sees nothing of it but the call's going on.

    One connection may open several legs of the same call one after the other, each answered on its own.
    """

    start: listen.Start
    resumable: bool
    supersede: bool = False
    piecewise: bool = False
    restart: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Audio of one or more open legs, in the encoding that the spool keeps."""

    raw: Mapping[str, bytes]
    encoding: str

    @property
    def samples(self) -> dict[str, NDArray[np.int16]]:
        """The same, decoded; the live path decodes from the spool instead."""
        return {leg: decode(part, self.encoding) for leg, part in self.raw.items()}


@dataclass(frozen=True, slots=True)
class Missing:
    """`samples` of a leg never came, or were left out on purpose: silence of that length takes their place.

    Where it is long enough to matter, the stretch is marked as a gap, for `reason` (a few plain words: `lost`,
    `paused`). More than `MOST_FILLED` seconds are only marked: the leg has no time for them. `encoding` is the leg's.
    """

    leg: str
    samples: int
    encoding: str
    reason: str


@dataclass(frozen=True, slots=True)
class CutUtterance:
    """The sender asks to close the utterance being spoken here; then answer with `chunk_done`."""


@dataclass(frozen=True, slots=True)
class ChangeLanguage:
    """From here on another language is spoken on all legs; one that is not loaded changes nothing."""

    language: str


@dataclass(frozen=True, slots=True)
class EndAudio:
    """No more audio comes: finish what was heard, then answer with `ended`."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The sender broke the protocol. Answer with `failed` of the same arguments; if `fatal`, the call loses its sender.

    The message never repeats what the sender sent.
    """

    code: ErrorCode
    message: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class Tell:
    """Answer that needs nothing from the call: carry out this reply."""

    reply: Reply


Action = OpenCall | Audio | Missing | CutUtterance | ChangeLanguage | EndAudio | Refuse | Tell


class Dialect(Protocol):
    """One sender's protocol. An object serves one connection and is not shared."""

    def receive_text(self, text: str) -> list[Action]:
        """Take a text message. Any text is allowed; what is wrong with it becomes a `Refuse`."""

    def receive_bytes(self, data: bytes) -> list[Action]:
        """Take a binary message, as `receive_text`."""

    def left(self) -> list[Action]:
        """The sender closed the connection in an orderly way; replies no longer reach it.

        Where a protocol has no other way to say that a call is over, this ends its audio.
        """

    def started(self, info: listen.Started, offset: float = 0.0) -> list[Reply]:
        """The call was opened. `offset`: seconds from the conversation's origin to the leg's sample 0."""

    def acked(self, leg: str, samples: int) -> list[Reply]:
        """`samples` of `leg` are on disk for good, counted from the leg's first sample."""

    def interim(self, interim: listen.Interim) -> list[Reply]:
        """Words being spoken."""

    def final(self, final: listen.Final) -> list[Reply]:
        """A committed utterance."""

    def chunk_done(self) -> list[Reply]:
        """Everything heard in one received `Audio` (or before one `CutUtterance`) has been told."""

    def ended(self, ended: listen.Ended) -> list[Reply]:
        """The audio ended and every utterance of it has been told."""

    def failed(self, code: ErrorCode, message: str, fatal: bool) -> list[Reply]:
        """Something went wrong, on either side; the connection ends if `fatal`."""


@runtime_checkable
class EventDialect(Dialect, Protocol):
    """A dialect whose sender is also told what happens in its conversation: suggestions, outcomes, the agent."""

    def event(self, event: Event) -> list[Reply]:
        """A committed event of the conversation (`server.wire.events`); utterances come by `final` too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a dialect accepts. `max_frame_bytes`: largest message; `languages`: those with a loaded recogniser."""

    max_frame_bytes: int
    languages: frozenset[str]
