"""What a sender hears from the server, whatever the dialect."""

from dataclasses import dataclass, field

from server.wire.base import Message


@dataclass(frozen=True, slots=True)
class Begin:
    """Send audio from `resume_from` on (None: from where you are)."""

    resume_from: int | None
    conversation_id: str | None


@dataclass(frozen=True, slots=True)
class Acked:
    """`samples` of `leg` are safe."""

    leg: str
    samples: int


@dataclass(frozen=True, slots=True)
class FinalHeard:
    """An utterance. `end_sample`: where its last word ends, in the leg's samples; `key`: the same when told again."""

    leg: str
    key: str
    end_sample: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The server has heard everything; `samples` by leg, if it says so."""

    samples: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """The server complains; it closes the connection if `fatal`."""

    code: str
    message: str
    fatal: bool


Heard = Begin | Acked | FinalHeard | Finished | Failed


@dataclass(frozen=True, slots=True)
class Received:
    """A message as received, in the native dialect's words, and what it means (None: nothing for the sender).

    `replies` are sent at once.
    """

    event: Message | dict[str, object]
    heard: Heard | None
    replies: tuple[str | bytes, ...] = ()
