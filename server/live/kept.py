"""Which stretches of a leg are silent in its recording, and why. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.recordings import Stretch
from server.session.recording import unrecorded
from server.wire.events import Event, RecordingChanged, Utterance

MASKED = "masked"
NOT_RECORDED = "not recorded"
RECORD = "record"
"""The recording policy of queues that record unless somebody switches it off; others the other way round."""
MARGIN = 0.1
"""Seconds silenced on each side of a masked stretch: word times are that rough."""
Gap = tuple[float, float, str]
"""From, to (seconds from the conversation's origin), and why."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg's audio: `offset` is where its sample 0 lies, in seconds from the conversation's origin."""

    name: str
    offset: float
    sample_rate: int
    samples: int

    @property
    def end(self) -> float:
        """Seconds from the conversation's origin."""
        return self.offset + self.samples / self.sample_rate

    def stretch(self, start: float, end: float) -> Stretch:
        """The samples between two times, within the leg."""
        first, last = (round((at - self.offset) * self.sample_rate) for at in (start, end))
        return min(max(0, first), self.samples), min(max(0, last), self.samples)


@dataclass(frozen=True, slots=True)
class Silences:
    """What is left out of a leg's recording: samples, by reason, in order and apart."""

    leg: Leg
    by_reason: dict[str, list[Stretch]]

    @property
    def blank(self) -> list[Stretch]:
        """All of it."""
        return merged(stretch for stretches in self.by_reason.values() for stretch in stretches)

    @property
    def nothing_kept(self) -> bool:
        """Whether nothing of the leg may be kept."""
        return self.by_reason.get(NOT_RECORDED) == [(0, self.leg.samples)]

    @property
    def gaps(self) -> list[Gap]:
        """The same for people, in seconds from the origin."""
        leg = self.leg
        found = [
            (leg.offset + start / leg.sample_rate, leg.offset + end / leg.sample_rate, reason)
            for reason, stretches in self.by_reason.items()
            for start, end in stretches
        ]
        return sorted(found)

    def with_gaps(self, gaps: Iterable[Gap]) -> "Silences":
        """These and those that were left out before: what is gone stays gone."""
        both = {reason: list(stretches) for reason, stretches in self.by_reason.items()}
        for start, end, reason in gaps:
            both.setdefault(reason, []).append(self.leg.stretch(start, end))
        return Silences(self.leg, {reason: merged(stretches) for reason, stretches in both.items()})


def silences(leg: Leg, events: Sequence[Event], policy: str) -> Silences:
    """What the events of a conversation leave out of the leg, under its queue's recording policy."""
    switched = any(isinstance(event.payload, RecordingChanged) for event in events)
    out = [(0.0, leg.end)] if policy != RECORD and not switched else unrecorded(events, leg.end, leg.name)
    spoken = [e.payload for e in events if isinstance(e.payload, Utterance) and e.payload.leg == leg.name]
    spans = [leg.stretch(m.start - MARGIN, m.end + MARGIN) for said in spoken for m in said.masked]
    return Silences(leg, {NOT_RECORDED: merged(leg.stretch(*one) for one in out), MASKED: merged(spans)})


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same samples as stretches in order that neither overlap nor touch."""
    apart: list[Stretch] = []
    for start, end in sorted(one for one in stretches if one[1] > one[0]):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((start, end))
    return apart
