"""What the store hands out: values, never live rows. Times are Unix seconds unless said otherwise."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from server.wire.events import Channel, Direction

NOT_KEPT = "none"
"""Codec of a recording of which nothing was kept."""


class UserRole(StrEnum):
    """What a person may do, least first."""

    AGENT = "agent"
    REVIEWER = "reviewer"
    TRAINER = "trainer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


ALL_TEAMS = "*"
"""The team of people and keys who work for all teams of their tenant."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose rows a person or a machine may see: every field that is not None narrows it."""

    tenant: str
    team: str | None
    queues: frozenset[str] | None
    agent: str | None

    def covers(self, tenant: str, team: str, queue: str, agent: str | None) -> bool:
        """Whether a row of that tenant, team, queue and agent lies within reach."""
        return (
            tenant == self.tenant
            and self.team in (None, team)
            and (self.queues is None or queue in self.queues)
            and self.agent in (None, agent)
        )


class Scope(StrEnum):
    """What an API key may do: send audio, open chats, tell call events, export data, read metrics, or all of it."""

    LISTEN = "listen"
    CHAT = "chat"
    EVENTS = "events"
    EXPORT = "export"
    METRICS = "metrics"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A person who can log in."""

    user_id: str
    tenant: str
    team: str
    login: str
    display_name: str
    role: UserRole
    disabled: bool
    queues: frozenset[str] = frozenset()
    """The queues they work for; none named: all queues of their team."""
    must_change_password: bool = False
    locked_until: float | None = None
    """Nobody gets in with this login before; too many wrong passwords were tried."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """An API key without its secret."""

    key_id: str
    tenant: str
    name: str
    scopes: frozenset[str]
    created_at: float
    revoked_at: float | None = None
    team: str = ALL_TEAMS
    queues: frozenset[str] = frozenset()
    """The queues it is limited to; none named: all queues of its team."""

    @property
    def reach(self) -> Reach:
        """Whose conversations the key may touch."""
        return Reach(self.tenant, None if self.team == ALL_TEAMS else self.team, self.queues or None, None)

    def allows(self, scope: str) -> bool:
        """Whether the key may do `scope`."""
        return self.revoked_at is None and bool(self.scopes & {scope, Scope.ADMIN})


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent's extension, from `valid_from` until before `valid_to` (None: still)."""

    login: str
    extension: str
    valid_from: float
    valid_to: float | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: `secret` is the whole key, shown this once and kept nowhere."""

    info: KeyInfo
    secret: str


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """What holds in a queue."""

    queue: str
    tenant: str = "default"
    team: str = "default"
    language: str = "zh"
    text_out_on_call: bool = False
    chat_action: Literal["send", "insert"] = "send"
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    retention_class: str = "standard"
    recording_policy: Literal["record", "off", "on_demand"] = "record"


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """A conversation as it stands. `origin` is the wall time of its second 0; `last_seq` its newest event."""

    conversation_id: str
    tenant: str
    team: str
    channel: Channel
    direction: Direction
    external_id: str
    queue: str
    language: str
    customer: str | None
    agent: str | None
    context: dict[str, str]
    consent: str
    retention_class: str
    recording_policy: str
    status: str
    origin: float
    started_at: float
    ended_at: float | None
    wrapped_up_at: float | None
    wrap_up: str | None
    last_seq: int


@dataclass(frozen=True, slots=True)
class RecordingRecord:
    """The kept audio of one leg. `path` is relative to the data directory; `offset` in seconds from the origin."""

    conversation_id: str
    leg: str
    path: str
    codec: str
    samples: int
    sample_rate: int
    offset: float = 0.0
    role: str = "unknown"
    mask_version: int = 0
    consent: str = "unknown"
    retention_class: str = "standard"
    gaps: list[tuple[float, float, str]] = field(default_factory=list)
    """Stretches without sound: from, to (seconds from the origin), and why."""
    events_to: int = 0
    """The last event that was heeded when it was made."""

    @property
    def kept(self) -> bool:
        """Whether there is a file: where nothing was to be recorded there is none."""
        return self.codec != NOT_KEPT


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """A message that is due. `attempts` were made so far; receivers see `idempotency_key` each time."""

    message_id: str
    conversation_id: str
    idempotency_key: str
    adapter: str
    text: str = field(repr=False)
    attempts: int
    next_attempt_at: float
    queue: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, in articles."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A sample with its provenance."""

    sample_id: str
    state: str
    text: str = field(repr=False)
    language: str
    label: str | None
    article_id: str | None
    article_version: int | None
    reason: str
    conversation_id: str | None
    utterance_id: str | None
    suggestion_id: str | None
    mask_version: int
    consent: str
    retention_class: str
