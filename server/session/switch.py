"""What follows from news of the switch: segments, whose call it is, its end."""

from typing import TYPE_CHECKING

from server.session import cards, keeping, legs
from server.session.outputs import Output
from server.session.segments import fold, is_talk, kind_at, moves
from server.wire import events as ev
from server.wire.events import CallEventType, SegmentKind

if TYPE_CHECKING:
    from server.session.core import Session


def take(session: "Session", event: ev.SwitchEvent, by: str, at: float) -> list[Output]:
    """Take in an event, late or early; the same `event_id` again changes nothing. `by`: whom it was told by."""
    state = session.state
    if event.event_id in state.switch:
        return []
    return [session.emit(event, at), *_name_customer(session, by, at), *_follow(session, event, by, at)]


def _name_customer(session: "Session", by: str, at: float) -> list[Output]:
    """The customer is who the latest event by the switch's clock says, whatever order they come in."""
    naming = [event for event in session.state.switch.values() if event.customer is not None]
    last = max(naming, key=lambda event: (event.when, event.event_id), default=None)
    return session.bind_customer(last.customer, by, at) if last is not None and last.customer is not None else []


def _follow(session: "Session", event: ev.SwitchEvent, by: str, at: float) -> list[Output]:
    match event.what:
        case CallEventType.LEG_ROLE:
            return legs.take_role(session, event, at)
        case CallEventType.LANGUAGE:
            return legs.take_language(session, event, at)
        case CallEventType.RECORDING_OFF | CallEventType.RECORDING_ON:
            return keeping.take_recording(session, event, at)
        case CallEventType.CONSENT:
            return keeping.take_consent(session, event, by, at)
        case CallEventType.WRAP_UP:
            return _wrap_up(session, event, by, at)
        case CallEventType.RESULT:
            return []
    outputs = _move(session, by, at)
    if event.what is CallEventType.HANGUP and not session.state.legs:
        outputs += session.end("hangup", at)
    return outputs


def _move(session: "Session", by: str, at: float) -> list[Output]:
    """Segments as they are now, and whose call it is; cards of what turns out not to be talk are taken back.

    Of what happens after the wrap-up only the hang-up counts; late news of what was before still sorts the segments.
    """
    state = session.state
    hangup = CallEventType.HANGUP
    news = [e for e in state.switch.values() if e.when <= state.wrapped_when or e.what is hangup]
    segments = fold(news, state.started.agent if state.started is not None else None)
    if not segments or segments == state.segments:
        return []
    changed = session.emit(ev.SegmentsChanged(segments=segments), at)
    if state.wrapped_up:
        return [changed]
    return [changed, *session.bind_agent(_agent(session), by, at), *cards.withdraw_untalked(session, at)]


def _agent(session: "Session") -> str | None:
    """Whose call it is now: the last segment's agent, who keeps it for the wrap-up; nobody's while it rings."""
    last = session.state.segments[-1]
    return last.agent if last.kind is not SegmentKind.RINGING else None


def _wrap_up(session: "Session", event: ev.SwitchEvent, by: str, at: float) -> list[Output]:
    if session.state.wrapped_up or event.code is None or event.code not in session.policy.wrap_up_codes:
        return []
    wrapped = ev.WrappedUp(code=event.code, by=by, action_id=event.event_id)
    return [*cards.ignore_rest(session, at), session.emit(wrapped, at)]


def claim(session: "Session", login: str, event_id: str, at: float) -> list[Output]:
    """An agent takes a call that nobody could be matched to; nothing if somebody has it by now."""
    state = session.state
    if state.agent is not None or state.wrapped_up or state.ringing_at not in (None, login):
        return []
    if not any(map(moves, state.switch.values())):
        return session.bind_agent(login, login, at)
    when = at - state.started_at
    answered = ev.SwitchEvent(event_id=event_id, what=CallEventType.ANSWERED, when=when, agent=login, reported=login)
    return take(session, answered, login, at)


def abandon(session: "Session", login: str, event_id: str, at: float) -> list[Output]:
    """An agent is locked out: a call of theirs that goes on is nobody's, and can be claimed."""
    state = session.state
    over = state.ended_at is not None or state.wrapped_up
    if state.agent != login or over or state.segments[-1].kind is SegmentKind.WRAP_UP:
        return []
    told: list[tuple[CallEventType, float, str | None]] = []
    if not any(map(moves, state.switch.values())):
        told.append((CallEventType.ANSWERED, 0.0, login))
    when = at - state.started_at
    told.append((CallEventType.ANSWERED, when, None))
    if state.segments[-1].kind is SegmentKind.HOLD:
        told.append((CallEventType.HOLD, when, None))
    outputs: list[Output] = []
    for number, (what, since, agent) in enumerate(told):
        event = ev.SwitchEvent(event_id=f"{event_id}-{number}", what=what, when=since, agent=agent, reported=login)
        outputs += take(session, event, "system", at)
    return outputs


def talking(session: "Session", seconds: float) -> bool:
    """Whether the customer spoke with the agent (and perhaps others) at that time, and cards are of use."""
    state = session.state
    return not state.wrapped_up and is_talk(kind_at(state.segments, seconds))
