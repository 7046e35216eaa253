"""What was heard and written: legs, gaps, utterances, recordings."""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from server.store.tables.columns import Table, conversation_field, id_field, json_field, samples_field


def _of_leg() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["conversation_id", "leg"], ["leg.conversation_id", "leg.name"], ondelete="CASCADE")


class LegTable(Table, table=True):
    """One stream of audio. `origin_offset` is where its sample 0 lies, in seconds from the conversation's origin."""

    __tablename__ = "leg"
    conversation_id: str = conversation_field(primary_key=True)
    name: str = Field(primary_key=True)
    role: str
    language: str
    encoding: str
    sample_rate: int
    origin_offset: float
    decoded_to: int = samples_field()
    samples: int | None = samples_field(nullable=True)
    started_at: float
    ended_at: float | None = None
    end_reason: str | None = None


class LegRoleTable(Table, table=True):
    """Whose voice a leg carried from `at` on."""

    __tablename__ = "leg_role"
    __table_args__ = (_of_leg(),)
    id: str = id_field()
    conversation_id: str = Field(index=True)
    leg: str
    role: str
    at: float


class LegLanguageTable(Table, table=True):
    """What was spoken on a leg from the boundary `start_sample` on."""

    __tablename__ = "leg_language"
    __table_args__ = (_of_leg(),)
    id: str = id_field()
    conversation_id: str = Field(index=True)
    leg: str
    language: str
    start_sample: int = samples_field()
    by: str
    at: float


class GapTable(Table, table=True):
    """Audio that nobody heard, `missing` seconds of it; `start` and `end` are seconds from the origin."""

    __tablename__ = "gap"
    __table_args__ = (_of_leg(),)
    id: str = id_field()
    conversation_id: str = Field(index=True)
    leg: str
    start: float
    end: float
    missing: float
    reason: str


class UtteranceTable(Table, table=True):
    """A final utterance or a chat message. The tile of a leg that it was decoded from is its natural key."""

    __tablename__ = "utterance"
    __table_args__ = (
        _of_leg(),
        UniqueConstraint("conversation_id", "leg", "start_sample"),
        # What the full-text index refers to.
        Index("uq_utterance_conversation_id_id", "conversation_id", "id", unique=True),
    )
    id: str = Field(primary_key=True)
    conversation_id: str = conversation_field()
    seq: int
    role: str
    leg: str | None = None
    start_sample: int | None = samples_field(nullable=True)
    end_sample: int | None = samples_field(nullable=True)
    start: float
    end: float
    text: str
    words: list[Any] = json_field(list)
    message_id: str | None = None
    language: str = "zh"
    sound: str = "speech"
    segment: str | None = None
    mask_version: int = 0


class RecordingTable(Table, table=True):
    """The kept audio of a leg, with what it was recorded under. `path` is relative to the data directory.

    `gaps` are stretches without sound: (start, end, reason), seconds from the origin; with the codec `none` nothing
    was kept and there is no file. `events_to` is the last event that was heeded.
    """

    __tablename__ = "recording"
    __table_args__ = (_of_leg(), UniqueConstraint("conversation_id", "leg", "path"))
    id: str = id_field()
    conversation_id: str = Field(index=True)
    leg: str
    path: str
    codec: str
    samples: int = samples_field()
    sample_rate: int
    origin_offset: float = 0.0
    mask_version: int = 0
    consent: str = "unknown"
    retention_class: str = "standard"
    gaps: list[Any] = json_field(list)
    events_to: int = 0
    created_at: float
    deleted_at: float | None = None
