"""What a switch said about a call, folded into its segments. Events come late and in any order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from server.wire.events import CallEventType as Type
from server.wire.events import Segment, SegmentKind, SwitchEvent

_BEGINNINGS = (Type.IVR, Type.RINGING, Type.ANSWERED)
_TALKING = (SegmentKind.TALK, SegmentKind.CONFERENCE)


@dataclass(frozen=True, slots=True)
class _Situation:
    """Who is on the call: its agent, and whom that agent consults."""

    kind: SegmentKind
    agent: str | None
    other: str | None = None


def fold(events: Iterable[SwitchEvent], agent: str | None) -> list[Segment]:
    """The segments of a call, in order of the switch's own times; the last one is open unless the call is over.

    Stretches of the same kind and agent are one segment. No events, no segments. `agent` is who answers where the
    switch does not say.
    """
    in_order = sorted(events, key=lambda event: (event.when, event.event_id))
    segments: list[Segment] = []
    now: _Situation | None = None
    if in_order and in_order[0].what not in _BEGINNINGS:
        # A switch that does not tell how the call began: it began with talk.
        now = _Situation(SegmentKind.TALK, agent)
        segments = [Segment(kind=now.kind, agent=agent, start=min(0.0, in_order[0].when), end=None)]
    for event in in_order:
        then = _after(now, event, agent)
        if then == now:
            continue
        segments = _closed(segments, event.when)
        if then is not None:
            segments.append(Segment(kind=then.kind, agent=then.agent, start=event.when, end=None))
        now = then
    return _merged(segments)


def _after(now: _Situation | None, event: SwitchEvent, agent: str | None) -> _Situation | None:
    """The situation that an event leads to; events that make no sense now change nothing."""
    match event.what:
        case Type.IVR:
            return _Situation(SegmentKind.IVR, None)
        case Type.RINGING:
            return now if now is not None and now.kind in _TALKING else _Situation(SegmentKind.RINGING, None)
        case Type.ANSWERED:
            return _Situation(SegmentKind.TALK, agent if event.reported is None else event.agent)
        case Type.HANGUP:
            return None if now is None or now.agent is None else _Situation(SegmentKind.WRAP_UP, now.agent)
        case Type.RESULT | Type.WRAP_UP:
            return now
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
    consulted = now.kind in (SegmentKind.CONSULT, SegmentKind.CONFERENCE)
    if consulted and (event.agent is None or event.agent == now.other):
        return _Situation(SegmentKind.TALK, now.other)
    return _Situation(SegmentKind.RINGING, None)


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
