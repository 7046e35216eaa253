"""What follows from news of the switch: segments, whose call it is, its end."""

from typing import TYPE_CHECKING

from server.session.outputs import Output
from server.session.segments import fold
from server.wire import events as ev
from server.wire.events import CallEventType, SegmentKind

if TYPE_CHECKING:
    from server.session.core import Session


def take(session: "Session", event: ev.SwitchEvent, by: str, at: float) -> list[Output]:
    """Take in an event, late or early; the same `event_id` again changes nothing. `by`: whom it was told by."""
    state = session.state
    if event.event_id in state.switch:
        return []
    outputs: list[Output] = [session.emit(event, at)]
    started_with = state.started.agent if state.started is not None else None
    segments = fold(state.switch.values(), started_with)
    if segments and segments != state.segments:
        outputs.append(session.emit(ev.SegmentsChanged(segments=segments), at))
        outputs += session.bind_agent(_agent(session), by, at)
    if event.what is CallEventType.HANGUP and not state.legs:
        outputs += session.end("hangup", at)
    if event.what is CallEventType.WRAP_UP:
        outputs += _wrap_up(session, event, by, at)
    return outputs


def _agent(session: "Session") -> str | None:
    """Whose call it is now: the last segment's agent, who keeps it for the wrap-up."""
    return session.state.segments[-1].agent


def _wrap_up(session: "Session", event: ev.SwitchEvent, by: str, at: float) -> list[Output]:
    if session.state.wrapped_up or event.code is None or event.code not in session.policy.wrap_up_codes:
        return []
    return [session.emit(ev.WrappedUp(code=event.code, by=by, action_id=event.event_id), at)]


def claim(session: "Session", login: str, event_id: str, at: float) -> list[Output]:
    """An agent takes a call that nobody could be matched to; nothing if somebody has it by now."""
    state = session.state
    if state.agent is not None or state.wrapped_up:
        return []
    if not state.switch:
        return session.bind_agent(login, login, at)
    when = at - state.started_at
    answered = ev.SwitchEvent(event_id=event_id, what=CallEventType.ANSWERED, when=when, agent=login, reported=login)
    return take(session, answered, login, at)


def talking(session: "Session", seconds: float) -> bool:
    """Whether the customer spoke with the agent (and perhaps others) at that time, and cards are of use."""
    state = session.state
    if state.wrapped_up:
        return False
    for segment in state.segments:
        if segment.start <= seconds and (segment.end is None or seconds < segment.end):
            return segment.kind in (SegmentKind.TALK, SegmentKind.CONFERENCE)
    return False
