"""Spans of cards and doors, without a word in them; no spans where nobody wants them."""

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from server.app import create_app
from server.hub import Hub
from server.live.conversation import conversation_topic
from server.services import Services
from server.watch.tracing import Traces, TracingError, open_traces
from server.wire import events as ev
from tests.server.routes.door import ORIGIN
from tests.server.watch.test_metrics import raised


class Kept:
    """Spans that would have been sent."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.traces = Traces(provider)

    @property
    def spans(self) -> dict[str, Any]:
        return {span.name: span for span in self._exporter.get_finished_spans()}


@pytest.fixture
def kept() -> Kept:
    return Kept()


def seconds(span: Any) -> float:
    return (span.end_time - span.start_time) / 1e9


def test_the_way_of_words_to_cards_is_one_trace(kept: Kept) -> None:
    hub: Hub[Any] = Hub(kept.traces.overhear)
    event = ev.Event(conversation_id="c", seq=1, at=1.0, payload=raised("s1", "s2"))
    hub.publish(conversation_topic("c"), event)
    hub.publish("agent:xiaolin", event)
    hub.publish(conversation_topic("c"), event.model_copy(update={"payload": raised("s3", speech_end=None)}))
    spans = kept.spans
    assert sorted(spans) == ["intent", "pushed", "retrieval", "utterance"]
    whole = spans["utterance"]
    assert dict(whole.attributes) == {"tici.conversation": "c", "tici.source": "final", "tici.cards": 2}
    assert {spans[name].parent.span_id for name in ("intent", "retrieval", "pushed")} == {whole.context.span_id}
    assert seconds(spans["intent"]) == pytest.approx(0.3, abs=1e-3)
    assert seconds(spans["retrieval"]) == pytest.approx(0.1, abs=1e-3)


@pytest.fixture
async def traced(services: Services, calls: SimpleNamespace, kept: Kept) -> AsyncIterator[httpx.AsyncClient]:
    app: FastAPI = create_app(services.settings)
    app.state.services = replace(services, calls=cast(Any, calls), traces=kept.traces)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
        yield client


async def test_a_door_is_named_by_its_pattern(traced: httpx.AsyncClient, kept: Kept) -> None:
    await traced.get("/v1/conversations/13900007777", params={"q": "secret"})
    await traced.get("/nothing/13900007777")
    await traced.get("/healthz")
    spans = kept.spans
    assert dict(spans["GET /v1/conversations/{conversation_id}"].attributes)["http.response.status_code"] == 401
    assert dict(spans["GET /healthz"].attributes)["http.response.status_code"] == 200
    told = str([(span.name, dict(span.attributes)) for span in spans.values()])
    assert "13900007777" not in told and "secret" not in told


def test_without_an_endpoint_there_are_none_and_nothing_is_loaded() -> None:
    assert open_traces("") is None


def test_missing_packages_are_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(TracingError, match=r"tici\[otel\]"):
        open_traces("http://127.0.0.1:4318/v1/traces")


def test_the_real_exporter_is_made_and_closed() -> None:
    traces = open_traces("http://127.0.0.1:9/v1/traces")
    assert traces is not None
    traces.close()
