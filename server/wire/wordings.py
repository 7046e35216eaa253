"""HTTP bodies under `/v1/training/wordings`: replies that agents edit the same way again and again."""

from enum import StrEnum

from server.wire.base import Message


class WordingDecision(StrEnum):
    """What a trainer says about a proposed wording."""

    ACCEPT = "accept"
    DISMISS = "dismiss"


class ProposedWording(Message):
    """A wording that agents use instead of an article's reply."""

    wording: str
    """Names the proposal together with the article and its version."""
    article_id: str
    article_version: int
    title: str
    language: str
    old: str
    new: str
    """Masked; slots as in the article, numbers that were not the same every time are `{number}`."""
    sent: bool
    """Whether it stands for the text that is sent, rather than for what is said."""
    count: int
    """Edits of that kind in the last 90 days."""
    agents: int
    """By how many agents."""
    last_at: float


class WordingRequest(Message):
    """A trainer's decision about a wording; deciding the same again changes nothing."""

    decision: WordingDecision


class DecidedWording(Message):
    """What came of a decision."""

    decision: WordingDecision
    version: int | None
    """The draft that awaits approval."""
