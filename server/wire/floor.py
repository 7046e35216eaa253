"""HTTP bodies under `/v1/floor`: what goes on now, for those who supervise. Never what is said."""

from typing import Literal

from server.wire.base import ErrorCode, Message
from server.wire.events import Direction, SegmentKind
from server.wire.rest import NotReady

Stage = Literal["final", "intent", "retrieval", "pushed", "rendered"]
"""On the way of a customer's words: the final transcript, the intent, the articles found, the cards sent, painted."""


class FloorCall(Message):
    """A call whose audio is open."""

    conversation_id: str
    agent: str | None
    """Login; None while the call is nobody's."""
    agent_name: str | None
    queue: str
    direction: Direction
    language: str
    started_at: float
    segment: SegmentKind | None
    """What goes on now, as far as the switch tells."""
    segment_since: float
    lag: float
    """Seconds for which the oldest audio that is not decoded yet has waited."""
    away: bool
    """No audio comes: its sender is lost and may come back."""
    shown: int
    used: int
    """Cards shown so far, and how many of them were used, sent or spoken."""


class StageLag(Message):
    """Seconds from the end of speech to a stage, over the node's last five minutes."""

    stage: Stage
    p50: float
    p95: float
    count: int


class RefusalCount(Message):
    """Senders of audio that were refused for one reason."""

    reason: ErrorCode
    count: int


class NodeHealth(Message):
    """The node as a whole, whoever its calls belong to."""

    version: str
    reasons: list[NotReady]
    """Why it takes no further calls; empty while it does."""
    calls: int
    room: int | None
    """Further calls that it would take; None where nothing limits them."""
    memory_bytes: float
    disk_free_bytes: float | None
    """None where the disk does not answer."""


class Floor(Message):
    """What goes on now. `at` is the server's clock, `calls` are those within reach, longest first."""

    at: float
    calls: list[FloorCall]
    node: NodeHealth
    lags: list[StageLag]
    """Of the stages that anything reached."""
    refusals: list[RefusalCount]
    """Of the last hour, the most frequent first."""
