"""OpenTelemetry traces, where somebody wants them: the way of words to cards, and the HTTP doors. No words in them."""

from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.live.conversation import Published, conversation_topic
from server.version import version
from server.wire.events import Event, SuggestionsRaised

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

NANOSECONDS = 1_000_000_000
Attributes = Mapping[str, str | int]


class TracingError(Exception):
    """Traces are wanted and cannot be made; the message says what to do."""


def open_traces(endpoint: str) -> "Traces | None":
    """Traces that go to `endpoint` (OTLP over HTTP); None where it is empty. Raises TracingError."""
    if not endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingError(
            "TICI_OTEL_ENDPOINT is set, but the packages for traces are not installed: run "
            "`pip install 'tici[otel]'`, or leave the setting empty"
        ) from error
    resource = Resource.create({"service.name": "tici", "service.version": version()})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return Traces(provider)


class Traces:
    """Makes spans. Ending one only queues it; sending is another thread's work."""

    def __init__(self, provider: "TracerProvider") -> None:
        """Takes over `provider`."""
        self._provider = provider
        self._tracer = provider.get_tracer("tici", version())

    def overhear(self, topic: str, message: Published) -> None:
        """Take in what is published: cards that were raised have a way behind them."""
        if not isinstance(message, Event) or topic != conversation_topic(message.conversation_id):
            return
        if isinstance(message.payload, SuggestionsRaised):
            self._cards(message.conversation_id, message.payload)

    def span(self, name: str, start: float, end: float, attributes: Attributes, parent: Any = None) -> Any:
        """A finished span, times in Unix seconds; returns what a child names as its `parent`."""
        from opentelemetry.trace import set_span_in_context

        known = {**attributes}
        made = self._tracer.start_span(name, context=parent, start_time=_nano(start), attributes=known)
        made.end(_nano(max(start, end)))
        return set_span_in_context(made)

    def close(self) -> None:
        """Send what is left; blocks for some seconds where nobody takes it."""
        self._provider.shutdown()

    def _cards(self, conversation_id: str, raised: SuggestionsRaised) -> None:
        receipt, now = raised.receipt, time()
        if receipt.speech_end is None:
            return
        what: Attributes = {
            "tici.conversation": conversation_id,
            "tici.source": raised.cards[0].source if raised.cards else "",
            "tici.cards": len(raised.cards),
        }
        whole = self.span("utterance", receipt.speech_end, now, what)
        began = receipt.speech_end
        for name, ended in (("intent", receipt.intent), ("retrieval", receipt.retrieval), ("pushed", now)):
            if ended is not None:
                self.span(name, began, ended, {}, whole)
                began = ended


class TracedDoors:
    """Makes a span of each HTTP request. Its name is the door's pattern: addresses hold other systems' references."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        services = getattr(scope["app"].state, "services", None) if scope["type"] == "http" else None
        if services is None or services.traces is None:
            await self._app(scope, receive, send)
            return
        began, status = time(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            _trace_door(services.traces, scope, began, status)


def _trace_door(traces: Traces, scope: Scope, began: float, status: int) -> None:
    method, route = scope["method"], getattr(scope.get("route"), "path", "")
    what: Attributes = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    traces.span(f"{method} {route}".strip(), began, time(), what)


def _nano(seconds: float) -> int:
    return int(seconds * NANOSECONDS)
