"""What happened in a call, in figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from server.replay.heard import Acked, Begin, FinalHeard, Finished, Heard


@dataclass(slots=True)
class Tally:
    """Counts of one call, over all its streams.

    `reconnects`: lost connections that were had again; `final_lags`: seconds from sending the end of an utterance's
    speech for the first time to hearing its final.
    """

    conversation_id: str | None = None
    reconnects: int = 0
    acked: dict[str, int] = field(default_factory=dict)
    final_lags: list[float] = field(default_factory=list)
    _finals: set[str] = field(default_factory=set)

    @property
    def finals(self) -> int:
        """Utterances heard, each once."""
        return len(self._finals)

    def take(self, heard: Heard | None, lag: float | None = None) -> None:
        """Count what was heard; `lag` belongs to a final."""
        match heard:
            case Begin(_, conversation_id) if conversation_id is not None:
                self.conversation_id = conversation_id
            case Acked(leg, samples):
                self._acked(leg, samples)
            case Finished(total):
                for leg, samples in total.items():
                    self._acked(leg, samples)
            case FinalHeard(_, key, _) if key not in self._finals:
                self._finals.add(key)
                if lag is not None:
                    self.final_lags.append(lag)

    def _acked(self, leg: str, samples: int) -> None:
        self.acked[leg] = max(samples, self.acked.get(leg, 0))

    def summary(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return {
            "conversation_id": self.conversation_id,
            "acked_samples": self.acked,
            "finals": self.finals,
            "reconnects": self.reconnects,
            **lag_figures("final_lag", self.final_lags),
        }


def lag_figures(name: str, lags: Sequence[float]) -> dict[str, float | None]:
    """Median and 95th percentile of `lags` in seconds, as `<name>_p50` and `<name>_p95`; None without any."""
    return {f"{name}_p50": percentile(lags, 50), f"{name}_p95": percentile(lags, 95)}


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The `percent`-th percentile (1 to 99), interpolated between values; None without any."""
    if len(values) < 2:
        return round(values[0], 3) if values else None
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 3)
