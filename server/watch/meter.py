"""Counts the events of all conversations as they are published."""

from time import time
from typing import TypeGuard

from server.live.conversation import Published, conversation_topic
from server.watch.metrics import Metrics
from server.wire import events as ev
from server.wire.events import Event, OutcomeKind
from server.wire.floor import Stage

MOST_CARDS = 10_000
"""Open cards that are remembered for the time that they take; a conversation that never ends must not pile up."""


class Meter:
    """Overhears the hub."""

    def __init__(self, metrics: Metrics, card_seconds: float) -> None:
        """`card_seconds`: what is taken off the screen earlier by the system was withdrawn."""
        self._metrics = metrics
        self._card_seconds = card_seconds
        self._cards: dict[str, tuple[float, float | None]] = {}
        """By suggestion id: when it was raised and when the words before it ended, in Unix seconds."""

    def overhear(self, topic: str, message: Published) -> None:
        """Take in what is published; what comes on several topics counts once."""
        if _is_news(message, topic):
            self._count(message)

    def _count(self, event: Event) -> None:
        payload = event.payload
        self._metrics.events.labels(payload.type).inc()
        match payload:
            case ev.SuggestionsRaised():
                self._raised(payload, event.at)
            case ev.SuggestionRendered():
                self._rendered(payload)
            case ev.SuggestionsUnsure():
                self._metrics.unsure.inc()
            case ev.SuggestionOutcome():
                self._outcome(payload, event.at)
            case ev.MessageQueued():
                self._metrics.deliveries.labels(ev.DeliveryState.QUEUED.value).inc()
            case ev.MessageState():
                self._metrics.deliveries.labels(payload.state.value).inc()

    def _raised(self, raised: ev.SuggestionsRaised, at: float) -> None:
        receipt = raised.receipt
        for card in raised.cards:
            self._metrics.shown.labels(card.source).inc()
            self._cards[card.suggestion_id] = (at, receipt.speech_end)
        while len(self._cards) > MOST_CARDS:
            del self._cards[next(iter(self._cards))]
        if receipt.speech_end is None:
            return
        # The same event is pushed to the panels now, as it is committed.
        stages: tuple[tuple[Stage, float | None], ...] = (
            ("intent", receipt.intent),
            ("retrieval", receipt.retrieval),
            ("pushed", time()),
        )
        for stage, when in stages:
            if when is not None:
                self._metrics.lag(stage, when - receipt.speech_end)

    def _rendered(self, rendered: ev.SuggestionRendered) -> None:
        known = [self._cards[one] for one in rendered.suggestion_ids if one in self._cards]
        ends = {speech_end for _, speech_end in known if speech_end is not None}
        for speech_end in ends:
            self._metrics.lag("rendered", rendered.rendered - speech_end)

    def _outcome(self, outcome: ev.SuggestionOutcome, at: float) -> None:
        raised_at, _ = self._cards.pop(outcome.suggestion_id, (None, None))
        early = raised_at is not None and at - raised_at < self._card_seconds
        withdrawn = outcome.outcome is OutcomeKind.EXPIRED and early
        self._metrics.outcomes.labels("withdrawn" if withdrawn else outcome.outcome.value).inc()


def _is_news(message: Published, topic: str) -> TypeGuard[Event]:
    return isinstance(message, Event) and topic == conversation_topic(message.conversation_id)
