"""What is counted, and that nothing personal is among it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.docs.metrics import metrics_page
from server.hub import Hub
from server.live.conversation import agent_topic, conversation_topic
from server.watch.meter import Meter
from server.watch.metrics import STAGES, Metrics
from server.watch.refusals import Refusals
from server.wire import events as ev
from server.wire.base import ErrorCode

ORIGIN = 1_000_000.0


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(Clock())


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"tici_{name}", labels) or 0.0


class Talk:
    """A conversation's events, published as they are when they have been stored."""

    def __init__(self, metrics: Metrics) -> None:
        self._seq = 0
        self._hub: Hub[object] = Hub(Meter(metrics, card_seconds=90.0).overhear)

    def happens(self, payload: ev.Payload, at: float = ORIGIN) -> None:
        self._seq += 1
        event = ev.Event(conversation_id="c", seq=self._seq, at=at, payload=payload)
        self._hub.publish(conversation_topic("c"), event)
        self._hub.publish(agent_topic("xiaolin"), event)


def raised(*ids: str, speech_end: float | None = ORIGIN - 1.0, source: str = "final") -> ev.SuggestionsRaised:
    card = {
        "article_id": "a", "article_version": 1, "title": "t", "reply": "r", "reply_to_send": "r", "intent": "i",
        "confidence": 0.9, "matched": "m", "rank": 1, "source": source, "model": "x",
    }  # fmt: skip
    receipt = ev.Receipt(speech_end=speech_end, intent=ORIGIN - 0.7, retrieval=ORIGIN - 0.6, pushed=ORIGIN)
    cards = [ev.Card.model_validate({**card, "suggestion_id": one}) for one in ids]
    return ev.SuggestionsRaised(trigger="u", trigger_text="words", cards=cards, receipt=receipt)


def outcome(suggestion_id: str, kind: ev.OutcomeKind) -> ev.SuggestionOutcome:
    return ev.SuggestionOutcome(suggestion_id=suggestion_id, outcome=kind, by="system")


def test_an_event_counts_once_on_however_many_topics_it_is_told(metrics: Metrics) -> None:
    Talk(metrics).happens(ev.ConversationEnded(reason="hangup"))
    assert value(metrics, "events_total", kind="conversation.ended") == 1


def test_the_stages_of_a_card_are_measured_from_the_end_of_speech(metrics: Metrics) -> None:
    talk = Talk(metrics)
    talk.happens(raised("s1", "s2"))
    talk.happens(ev.SuggestionRendered(suggestion_ids=["s1", "s2", "unknown"], rendered=ORIGIN + 0.25))
    assert value(metrics, "suggestions_total", source="final") == 2
    assert value(metrics, "lag_seconds_sum", stage="intent") == pytest.approx(0.3)
    assert value(metrics, "lag_seconds_sum", stage="retrieval") == pytest.approx(0.4)
    assert metrics.recent("rendered") == [pytest.approx(1.25)], "one thing the customer said, whatever number of cards"
    talk.happens(raised("s3", speech_end=None, source="search"))
    talk.happens(ev.SuggestionRendered(suggestion_ids=["s3"], rendered=ORIGIN + 9))
    assert value(metrics, "lag_seconds_count", stage="intent") == 1
    assert len(metrics.recent("rendered")) == 1


def test_a_card_taken_back_early_was_withdrawn(metrics: Metrics) -> None:
    talk = Talk(metrics)
    talk.happens(raised("s1", "s2", "s3"))
    talk.happens(outcome("s1", ev.OutcomeKind.EXPIRED), ORIGIN + 5)
    talk.happens(outcome("s2", ev.OutcomeKind.EXPIRED), ORIGIN + 90)
    talk.happens(outcome("s3", ev.OutcomeKind.USED), ORIGIN + 5)
    talk.happens(ev.SuggestionsUnsure(trigger="u", guess=None, confidence=0.1, threshold=0.5))
    counts = [value(metrics, "suggestion_outcomes_total", outcome=one) for one in ("withdrawn", "expired", "used")]
    assert counts == [1, 1, 1]
    assert value(metrics, "suggestions_abstained_total") == 1


def test_deliveries_count_by_state(metrics: Metrics) -> None:
    talk = Talk(metrics)
    talk.happens(ev.MessageQueued(message_id="m", text="t", by="x", adapter="chat", action_id="a"))
    talk.happens(ev.MessageState(message_id="m", state=ev.DeliveryState.FAILED))
    states = [value(metrics, "deliveries_total", state=one) for one in ("queued", "delivered", "failed")]
    assert states == [1, 0, 1]


def test_recent_lags_are_those_of_five_minutes() -> None:
    clock = Clock()
    metrics = Metrics(clock)
    metrics.lag("final", 2.0)
    clock.now += 299
    metrics.lag("final", 1.0)
    metrics.lag("final", -0.5)
    assert metrics.recent("final") == [0.0, 1.0, 2.0]
    clock.now += 2
    assert metrics.recent("final") == [0.0, 1.0]


def test_refusals_of_the_last_hour() -> None:
    clock = Clock()
    refusals = Refusals(clock)
    for _ in range(1000):
        refusals.add("overloaded")
    clock.now += 1800
    refusals.add("storage")
    assert list(refusals.last_hour().items()) == [("overloaded", 1000), ("storage", 1)]
    clock.now += 1801
    assert refusals.last_hour() == {"storage": 1}


def test_every_metric_is_documented_and_has_harmless_labels(metrics: Metrics) -> None:
    page = metrics_page()
    families = [family for family in metrics.registry.collect() if family.name.startswith("tici_")]
    assert len(families) == len(metrics.instruments) > 20
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` | {family.type} |" in page
        assert family.documentation
    labels = {label for one in metrics.instruments for label in one.labels}
    assert labels == {"stage", "kind", "source", "outcome", "state", "reason", "language", "version"}


async def test_the_door_shows_what_there_is(client, app, services) -> None:
    services.metrics.refused(ErrorCode.OVERLOADED.value)
    for stage in STAGES:
        services.metrics.lag(stage, 0.2)
    await client.get("/metrics")
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {sample.labels["stage"] for sample in families["tici_lag_seconds"].samples} == set(STAGES)
    assert families["tici_recognizers_made"].samples[0].value == 3, "however often it is asked"
    assert families["tici_room_calls"].samples[0].value == 3
    assert families["tici_disk_free_bytes"].samples[0].value > 0
    assert families["process_resident_memory_bytes"].samples[0].value > 1e6
