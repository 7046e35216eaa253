"""HTTP bodies under `/v1/training`: what a trainer sees of a sample, and what they decide about it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from server.wire.base import STORABLE, Label, Message
from server.wire.events import OutcomeKind, Role

Id = Annotated[str, Field(min_length=1, max_length=64), STORABLE]


class SampleState(StrEnum):
    """Where a sample is on its way to a model."""

    TO_LABEL = "to_label"
    LABELLED = "labelled"
    OUT_OF_SCOPE = "out_of_scope"
    DISCARDED = "discarded"


class SampleReason(StrEnum):
    """Why a text became a sample: what the agent did with its card, or that nobody was sure."""

    CORRECTED = "corrected"
    NOT_RIGHT = "not_right"
    UNCERTAIN = "uncertain"
    EDITED = "edited"
    DISMISSED = "dismissed"
    USED = "used"
    SENT = "sent"


class Decision(StrEnum):
    """What a trainer says about a sample."""

    CONFIRM = "confirm"
    CORRECT = "correct"
    OUT_OF_SCOPE = "out_of_scope"
    SKIP = "skip"
    DISCARD = "discard"


class SampleRow(Message):
    """A sample; texts that say the same are one row, `count` times said."""

    sample_id: str
    revision: int
    """Rises with every change; a decision names the one it was made on."""
    state: SampleState
    reason: SampleReason
    text: str
    language: str
    guess: str | None
    """The intent that it was taken for."""
    confidence: float | None
    threshold: float | None
    """What the confidence should have reached."""
    label: str | None
    article_id: str | None
    count: int
    created_at: float
    labelled_by: str | None
    labelled_at: float | None


class SamplePage(Message):
    """A page of the queue, the most telling samples first."""

    rows: list[SampleRow]
    total: int
    reasons: dict[str, int]
    """How many there are for each reason, whatever reason was asked for."""
    done: int
    """What the person decided since the time that they named."""
    ever: bool
    """Whether there was ever a sample."""


class SampleTurn(Message):
    """A turn of the conversation around a sample, masked, without names."""

    role: Role
    text: str
    current: bool
    """The words that the sample is made of."""


class SampleCard(Message):
    """A card that the agent saw for it, or put up by hand, and what they did."""

    article_id: str
    title: str
    reply: str
    intent: str | None
    confidence: float
    by_hand: bool
    outcome: OutcomeKind | None


class ArticleChoice(Message):
    """An article in effect that a trainer can name as the right one."""

    article_id: str
    title: str
    reply: str
    intent: str | None
    language: str


class SampleDetail(Message):
    """A sample and what there was around it, as far as the conversation is still kept."""

    row: SampleRow
    turns: list[SampleTurn]
    cards: list[SampleCard]
    article: ArticleChoice | None


class IntentChoice(Message):
    """An intent that a sample can be labelled with; `labelled` texts have it already."""

    intent: str
    name_zh: str
    name_en: str
    initials: str
    """First letters of the Chinese name in pinyin."""
    cards: bool
    """False for small talk, which never raises a card."""
    labelled: int


class DecisionRequest(Message):
    """A trainer's decision. The same `action_id` again changes nothing."""

    action_id: Id
    revision: int
    decision: Decision
    intent: Label | None = None
    """For `correct`; for `confirm` where it is not the guess."""
    article_id: Label | None = None
