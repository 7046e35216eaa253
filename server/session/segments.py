"""What a switch said about a call, folded into its segments. Events come late and in any order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from server.wire.events import CallEventType as Type
from server.wire.events import Segment, SegmentKind, SwitchEvent

_BEGINNINGS = (Type.IVR, Type.RINGING, Type.ANSWERED)
_TALKING = (SegmentKind.TALK, SegmentKind.CONFERENCE)
_ASIDE = frozenset(
    {
        Type.RESULT,
        Type.WRAP_UP,
        Type.LEG_ROLE,
        Type.LANGUAGE,
        Type.RECORDING_OFF,
        Type.RECORDING_ON,
        Type.CONSENT,
    }
)
"""News that says nothing of who is on the call."""


@dataclass(frozen=True, slots=True)
class _Situation:
    """Who is on the call: its agent (while it rings, whom it rings at), and whom that agent consults."""

    kind: SegmentKind
    agent: str | None
    other: str | None = None


def fold(events: Iterable[SwitchEvent], agent: str | None) -> list[Segment]:
    """The segments of a call, in order of the switch's own times; the last one is open unless the call is over.

    Stretches of the same kind and agent are one segment. No events, no segments. `agent` is who answers where the
    switch has named nobody; where it is not known either, whoever is to answer by an event that reports nobody.
    """
    in_order = sorted(filter(moves, events), key=lambda event: (event.when, event.event_id))
    due = agent or next((e.agent for e in in_order if e.reported is None and e.agent is not None), None)
    segments: list[Segment] = []
    now: _Situation | None = None
    if in_order and in_order[0].what not in _BEGINNINGS:
        # A switch that does not tell how the call began: it began with talk.
        now = _Situation(SegmentKind.TALK, agent)
        segments = [Segment(kind=now.kind, agent=agent, start=min(0.0, in_order[0].when), end=None)]
    for event in in_order:
        due = _due(due, now, event)
        then = _after(now, event, due)
        if then == now:
            continue
        segments = _closed(segments, event.when)
        if then is not None:
            segments.append(Segment(kind=then.kind, agent=then.agent, start=event.when, end=None))
        now = then
    return _merged(segments)


def moves(event: SwitchEvent) -> bool:
    """Whether an event tells of a segment."""
    return event.what not in _ASIDE


def kind_at(segments: Iterable[Segment], seconds: float) -> SegmentKind | None:
    """What went on at that time, in seconds from the origin; None where nobody knows."""
    for segment in segments:
        if segment.start <= seconds and (segment.end is None or seconds < segment.end):
            return segment.kind
    return None


def is_talk(kind: SegmentKind | None) -> bool:
    """Whether the customer speaks with the agent (and perhaps others) then, and cards are of use."""
    return kind in _TALKING


def _due(due: str | None, now: _Situation | None, event: SwitchEvent) -> str | None:
    """Who has the call if the next answer names nobody: the one named last, never one who gave it away."""
    match event.what:
        case Type.RINGING | Type.ANSWERED if event.reported is not None:
            return event.agent
        case Type.TRANSFERRED if now is not None and _consulted(now, event):
            return now.other
        case Type.TRANSFERRED if event.reported is not None:
            return event.agent
        case Type.TRANSFERRED if now is not None and due == now.agent:
            return None
    return due


def _after(now: _Situation | None, event: SwitchEvent, due: str | None) -> _Situation | None:
    """The situation that an event leads to; events that make no sense now change nothing."""
    match event.what:
        case Type.IVR:
            return _Situation(SegmentKind.IVR, None)
        case Type.RINGING:
            talks = now is not None and now.kind in _TALKING
            return now if talks else _Situation(SegmentKind.RINGING, event.agent)
        case Type.ANSWERED:
            return _Situation(SegmentKind.TALK, due)
        case Type.HANGUP:
            ended = now is None or now.agent is None or now.kind is SegmentKind.RINGING
            return None if now is None or ended else _Situation(SegmentKind.WRAP_UP, now.agent)
    return now if now is None else _during(now, event)


def _during(now: _Situation, event: SwitchEvent) -> _Situation:
    """What can happen while somebody is on the call."""
    match event.what:
        case Type.HOLD:
            return replace(now, kind=SegmentKind.HOLD)
        case Type.RESUMED:
            return _Situation(SegmentKind.TALK, now.agent)
        case Type.CONSULT:
            return _Situation(SegmentKind.CONSULT, now.agent, event.agent)
        case Type.CONFERENCE:
            return _Situation(SegmentKind.CONFERENCE, now.agent, event.agent or now.other)
        case Type.TRANSFERRED:
            return _transferred(now, event)
    return now


def _transferred(now: _Situation, event: SwitchEvent) -> _Situation:
    """After a consultation the other agent has the call; a blind transfer rings until somebody answers."""
    if _consulted(now, event):
        return _Situation(SegmentKind.TALK, now.other)
    return _Situation(SegmentKind.RINGING, event.agent)


def _consulted(now: _Situation, event: SwitchEvent) -> bool:
    """Whether a transfer gives the call to whom its agent talks to already."""
    aside = now.kind in (SegmentKind.CONSULT, SegmentKind.CONFERENCE)
    return aside and (event.agent is None or event.agent == now.other)


def _closed(segments: list[Segment], end: float) -> list[Segment]:
    if not segments or segments[-1].end is not None:
        return segments
    return [*segments[:-1], segments[-1].model_copy(update={"end": end})]


def _merged(segments: list[Segment]) -> list[Segment]:
    merged: list[Segment] = []
    for segment in segments:
        before = merged[-1] if merged else None
        goes_on = before is not None and (before.kind, before.agent) == (segment.kind, segment.agent)
        if before is not None and goes_on and before.end == segment.start:
            merged[-1] = before.model_copy(update={"end": segment.end})
        elif segment.end is None or segment.end > segment.start:
            merged.append(segment)
    return merged
