"""What of a conversation's audio may be kept: a fold over its events."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from server.wire import events as ev
from server.wire.events import Consent, Event

Stretch = tuple[float, float]
"""From, to, in seconds from the conversation's origin."""
REFUSED = "consent refused"
"""Reason of a switch that follows from a refusal."""


@dataclass(slots=True)
class Recording:
    """Switches of the recording and the customer's consent, as told so far. `apply` is the only way it changes."""

    consent: Consent = Consent.UNKNOWN
    switches: list[tuple[float, int, bool]] = field(default_factory=list)
    """When (seconds from the origin), the event's seq, on or off; by time, as switches are told late."""
    refused_to: float = 0.0
    """Everything before this is out because consent to it was refused, whatever was agreed later."""
    refused_at: float = 0.0
    """When the last refusal was told, in seconds from the origin, and by whom."""
    refused_by: str = ""
    origin: float = 0.0
    stopped_by_refusal: bool = False

    @property
    def on(self) -> bool:
        """Whether what is said after the last switch is kept."""
        return self.consent is not Consent.REFUSED and (not self.switches or self.switches[-1][2])

    def apply(self, event: Event) -> None:
        """Take in one event; others than those of recording and consent change nothing."""
        match event.payload:
            case ev.ConversationStarted():
                self.origin = event.at
            case ev.RecordingChanged(when=when, recording=recording, reason=reason):
                self.switches = sorted([*self.switches, (when, event.seq, recording)])
                self.stopped_by_refusal = reason == REFUSED and not recording
            case ev.ConsentChanged(consent=consent, by=by):
                if consent is Consent.REFUSED:
                    self.refused_at, self.refused_by = event.at - self.origin, by
                if self.consent is Consent.REFUSED and consent is not Consent.REFUSED:
                    self.refused_to = event.at - self.origin
                self.consent = consent

    def unrecorded(self, duration: float) -> list[Stretch]:
        """Stretches between the origin and `duration` seconds after it that must not be kept, in order, apart."""
        if self.consent is Consent.REFUSED:
            return _merged([(0.0, duration)])
        off = [(0.0, min(duration, self.refused_to))]
        since: float | None = None
        for when, _, recording in self.switches:
            if recording and since is not None:
                off.append((since, min(duration, when)))
                since = None
            elif not recording and since is None:
                since = max(0.0, when)
        if since is not None:
            off.append((since, duration))
        return _merged(off)

    def recorded(self, duration: float) -> list[Stretch]:
        """The rest of it: stretches that are kept."""
        kept, start = [], 0.0
        for off_start, off_end in self.unrecorded(duration):
            kept.append((start, off_start))
            start = off_end
        return _merged([*kept, (start, duration)])


def unrecorded(events: Iterable[Event], duration: float, leg: str | None = None) -> list[Stretch]:
    """Stretches of a conversation of `duration` seconds whose audio must not be kept, by its events.

    Seconds from the origin, in order, neither overlapping nor touching; `[(0, duration)]` when nothing may be kept.
    With `leg` all times are positions in its audio (its offset plus its samples' time), from which its sender may
    have left out stretches of time; without, they are the clock's.
    """
    recording = Recording()
    left_out: list[tuple[float, float]] = []
    for event in events:
        recording.apply(event)
        match event.payload:
            case ev.LegGap(start=start, end=end, missing=missing) if event.payload.leg == leg and start == end:
                left_out.append((start, missing))
    off = recording.unrecorded(duration + sum(missing for _, missing in left_out))
    return _merged((_position(start, left_out), min(duration, _position(end, left_out))) for start, end in off)


def _position(clock: float, left_out: list[tuple[float, float]]) -> float:
    """Where a leg's audio was at that time, if so many seconds were left out at these positions."""
    shift = 0.0
    for position, missing in sorted(left_out):
        if clock < position + shift:
            break
        if clock < position + shift + missing:
            return position
        shift += missing
    return clock - shift


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[1] > stretch[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
