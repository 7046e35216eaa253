"""What the suggester was not sure of, noted for whoever trains it. Nobody's screen changes."""

from typing import TYPE_CHECKING

from server.session.outputs import Commit
from server.session.suggested import Suggested
from server.wire import events as ev

if TYPE_CHECKING:
    from server.session.core import Session


def note(session: "Session", answer: Suggested, at: float) -> list[Commit]:
    """The event that says how unsure the answer to a whole utterance was; none where it was sure, and of
    nothing that a trainer could label."""
    if answer.wordless or answer.unrelated or not answer.model:
        return []
    if not answer.cards:
        threshold = answer.thresholds.get("intent", answer.thresholds.get("first", session.policy.sure))
        return [_unsure(session, answer, answer.guess, answer.confidence, threshold, at)]
    best = max(answer.cards, key=lambda card: card.confidence)
    if best.confidence >= session.policy.sure:
        return []
    return [_unsure(session, answer, best.intent, best.confidence, session.policy.sure, at)]


def _unsure(
    session: "Session", answer: Suggested, guess: str | None, confidence: float, threshold: float, at: float
) -> Commit:
    unsure = ev.SuggestionsUnsure(trigger=answer.ask.trigger, guess=guess, confidence=confidence, threshold=threshold)
    return session.emit(unsure, at)
