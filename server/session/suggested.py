"""What the suggester answered, in the session's words."""

from dataclasses import dataclass, field

from server.session.outputs import Ask


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


@dataclass(frozen=True, slots=True)
class Suggested:
    """Answer to an `Ask`, best first; no cards = abstained. Times are Unix seconds."""

    ask: Ask
    cards: tuple[SuggestedCard, ...]
    model: str
    intent_at: float
    retrieval_at: float
    thresholds: dict[str, float] = field(default_factory=dict)
