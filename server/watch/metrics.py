"""What a node counts. One `Metrics` per application; no label holds a name, an id or a word of anybody."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from server.version import version
from server.watch.refusals import Refusals
from server.wire.floor import Stage

STAGES: tuple[Stage, ...] = ("final", "intent", "retrieval", "pushed", "rendered")
"""On the way of a customer's words, in order; each is measured from the end of speech."""
LAG_BUCKETS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
WRITE_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
RECENT_SECONDS = 300.0
RECENT_LAGS = 2000
"""Most lags of a stage that `recent` looks at."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One metric as `docs/metrics.md` lists it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str


class Metrics:
    """Instruments on a registry of their own. Every method belongs to the event loop; none raises or waits."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` tells seconds, for what is counted over the last minutes."""
        self.registry = CollectorRegistry()
        self.instruments: list[Instrument] = []
        self.refusals = Refusals(clock)
        self._clock = clock
        self._reached: dict[Counter, float] = {}
        self._recent: dict[Stage, deque[tuple[float, float]]] = {stage: deque(maxlen=RECENT_LAGS) for stage in STAGES}
        # Memory (RSS), CPU seconds, open files, start time; their names are the same in every program.
        ProcessCollector(registry=self.registry)
        self._make_flow()
        self._make_state()
        self._make_means()
        self._gauge("info", "1; the label tells the version.", "version").labels(version()).set(1)

    # --- what happened

    def lag(self, stage: Stage, seconds: float) -> None:
        """Words reached a stage so many seconds after their speech had ended."""
        seconds = max(0.0, seconds)
        self._lags.labels(stage).observe(seconds)
        self._recent[stage].append((self._clock(), seconds))

    def refused(self, reason: str) -> None:
        """Somebody was refused at an audio door; `reason` is an error code."""
        self._refusals.labels(reason).inc()
        self.refusals.add(reason)

    def wrote(self, seconds: float) -> None:
        """A write was committed, or failed, so many seconds after it was asked for."""
        self._writes.observe(seconds)

    @property
    def memory(self) -> float:
        """Bytes of memory that the process takes (RSS); 0 where the system does not tell."""
        return self.registry.get_sample_value("process_resident_memory_bytes") or 0.0

    def recent(self, stage: Stage) -> list[float]:
        """Lags of a stage in the last five minutes, in seconds, shortest first."""
        since = self._clock() - RECENT_SECONDS
        return sorted(seconds for at, seconds in self._recent[stage] if at >= since)

    def reached(self, counter: Counter, value: float) -> None:
        """A counter that somebody else counts stands at `value`."""
        counter.inc(max(0.0, value - self._reached.get(counter, 0.0)))
        self._reached[counter] = value

    # --- what there is

    def _make_flow(self) -> None:
        self._lags = self._histogram(
            "lag_seconds",
            LAG_BUCKETS,
            "Seconds from the end of speech to each stage: the final transcript, the intent, the articles found, "
            "the cards sent to the panel, the cards painted.",
            "stage",
        )
        self.events = self._counter("events", "Events stored, by kind.", "kind")
        self.shown = self._counter("suggestions", "Cards shown, by what raised them.", "source")
        self.unsure = self._counter("suggestions_abstained", "Final utterances for which the suggester kept silent.")
        self.outcomes = self._counter(
            "suggestion_outcomes", "What became of cards; `withdrawn`: taken back before their time.", "outcome"
        )
        self.deliveries = self._counter("deliveries", "Changes of messages to customers, by new state.", "state")
        self._refusals = self._counter("refusals", "Senders of audio that were refused, by error code.", "reason")

    def _make_state(self) -> None:
        self.calls = self._gauge("calls", "Calls with an open leg.")
        self.room = self._gauge("room_calls", "Calls that would be admitted beside those that are open.")
        self.ready = self._gauge("ready", "1 while the node takes calls, else 0: what `/readyz` says.")
        self.legs = self._gauge(
            "legs", "Open legs: `sending`, `away` (their sender is lost and may come back), `ending`.", "state"
        )
        self.backlog = self._gauge("decode_backlog_seconds", "Audio received and not decoded yet, of all legs.")
        self.behind = self._gauge("decode_wait_seconds", "For how long the oldest of it has waited.")
        self.busy = self._gauge("decoding_busy_ratio", "Share of the decoding threads' time in which they work.")
        self.cost = self._gauge("leg_cost_ratio", "Seconds of a thread that a second of a leg is measured to take.")
        self.in_memory = self._gauge("conversations_in_memory", "Conversations in memory, ended ones included.")
        self.writing = self._gauge("write_queue", "Writes that wait for the database.")
        self.outbox = self._gauge("outbox_due", "Messages to customers that are due and not delivered.")
        self.leased = self._gauge("recognizers_leased", "Recognisers that hear an utterance now.")
        self.idle = self._gauge("recognizers_idle", "Recognisers that are free.", "language")
        self.made = self._counter("recognizers_made", "Recognisers made.", "language")
        self.recycled = self._counter(
            "recognizers_recycled", "Recognisers freed, as they were worn out or not needed any more.", "language"
        )
        self.heard = self._counter("decoded_audio_seconds", "Audio decoded, of all legs.")
        self.worked = self._counter("decoding_seconds", "Time that the decoding threads worked, all together.")

    def _make_means(self) -> None:
        self._writes = self._histogram(
            "write_seconds", WRITE_BUCKETS, "Seconds from asking for a write to its commit, waiting included."
        )
        self.spool = self._gauge("spool_bytes", "Audio on disk that is not a finished recording yet.")
        self.disk = self._gauge("disk_free_bytes", "Free space where the data lies.")
        self.tasks = self._gauge("tasks", "Tasks of the event loop.")
        self.threads = self._gauge("threads", "Threads of the process that Python knows.")

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(self._listed(name, "gauge", text, labels), text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(self._listed(f"{name}_total", "counter", text, labels), text, labels, registry=self.registry)

    def _histogram(self, name: str, buckets: tuple[float, ...], text: str, *labels: str) -> Histogram:
        listed = self._listed(name, "histogram", text, labels)
        return Histogram(listed, text, labels, registry=self.registry, buckets=buckets)

    def _listed(self, name: str, kind: str, text: str, labels: tuple[str, ...]) -> str:
        self.instruments.append(Instrument(f"tici_{name}", kind, labels, text))
        return f"tici_{name}"
