"""What the suggester answered, in the session's words."""

from dataclasses import dataclass, field

from server.session.outputs import Ask
from suggest.usage import Reason


@dataclass(frozen=True, slots=True)
class SuggestedCard:
    """One article that fits; `confidence` 0..1."""

    article_id: str
    article_version: int
    title: str
    reply: str
    reply_to_send: str
    intent: str | None
    confidence: float
    matched: str
    language: str = ""
    """What the reply is written in; empty: not known."""
    why: tuple[Reason, ...] = ()
    """What the team did with it before, where that moves it."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """Answer to an `Ask`, best first; no cards = abstained. Times are Unix seconds."""

    ask: Ask
    cards: tuple[SuggestedCard, ...]
    model: str
    intent_at: float
    retrieval_at: float
    thresholds: dict[str, float] = field(default_factory=dict)
    guess: str | None = None
    """The intent that the words were taken for, shown or not; None: no opinion."""
    confidence: float = 0.0
    """Of the guess, 0..1."""
    unrelated: bool = False
    """What was said has nothing to do with the business: nothing to learn."""
    wordless: bool = False
    """The words only keep the talk going: nothing to suggest, and nothing to learn."""
