"""A conversation's legs: begun and ended, whose voice they carry, what is spoken on them."""

from typing import TYPE_CHECKING

from server.ids import utterance_id
from server.session import cards
from server.session.outputs import Output
from server.session.state import NOTICED
from server.wire import events as ev
from server.wire.events import CallEventType, Role

if TYPE_CHECKING:
    from server.session.core import Session


def open_leg(session: "Session", started: ev.LegStarted, at: float) -> list[Output]:
    """A new stream of audio, of which the switch may have told before."""
    outputs: list[Output] = [session.emit(started, at)]
    role = _latest(session, CallEventType.LEG_ROLE, started.leg)
    if role is not None:
        outputs += take_role(session, role, at)
    language = _latest(session, CallEventType.LANGUAGE, started.leg)
    if language is not None and language.language is not None:
        outputs += _change_language(session, started.leg, language.language, "switch", at)
    return outputs


def end_leg(session: "Session", leg: str, samples: int, reason: str, at: float) -> list[Output]:
    """A stream is over; with the last one the conversation ends."""
    if session.state.legs[leg].ended:
        return []
    outputs: list[Output] = [session.emit(ev.LegEnded(leg=leg, samples=samples, reason=reason), at)]
    if all(other.ended for other in session.state.legs.values()):
        outputs += session.end(reason, at)
    return outputs


def take_role(session: "Session", event: ev.SwitchEvent, at: float) -> list[Output]:
    """The switch says whose voice a leg carries; news that is older than what is known changes nothing."""
    leg = session.state.legs.get(event.leg or "")
    if leg is None or event.role is None or leg.role is event.role or _outdated(session, event):
        return []
    assert event.leg is not None
    was = leg.role
    outputs: list[Output] = [session.emit(ev.LegRoleChanged(leg=event.leg, role=event.role, by="switch"), at)]
    if was is Role.CUSTOMER:
        outputs += cards.withdraw(session, _open_utterance(session, event.leg), at)
    if event.role is Role.CUSTOMER:
        outputs += cards.withdraw_unspoken(session, at)
    utterance = _open_utterance(session, event.leg)
    if utterance in session.interim_text:
        session.others.add(utterance)
    session.forget_interims(utterance)
    return outputs


def take_language(session: "Session", event: ev.SwitchEvent, at: float) -> list[Output]:
    """The switch says what is spoken; a language that is not loaded is passed over."""
    if event.language is None or not loaded(session, event.language) or _outdated(session, event):
        return []
    if event.leg is not None:
        return _change_language(session, event.leg, event.language, "switch", at)
    return change_languages(session, event.language, "switch", at)


def change_languages(
    session: "Session", language: str, by: str, at: float, action_id: str | None = None
) -> list[Output]:
    """From now on the conversation is held in this language, on every leg."""
    changed = ev.LanguageChanged(language=language, by=by, action_id=action_id)
    outputs: list[Output] = [session.emit(changed, at)]
    for leg in session.state.legs:
        outputs += _change_language(session, leg, language, by, at)
    return [*outputs, *cards.withdraw_unspoken(session, at)]


def change_leg_language(
    session: "Session", leg: str, language: str, by: str, at: float, action_id: str
) -> list[Output]:
    """From its last boundary on this leg is heard in this language."""
    return _change_language(session, leg, language, by, at, action_id)


def notice_language(session: "Session", leg: str, heard_in: str, language: str, at: float) -> list[Output]:
    """What was heard in one language is clearly another; nothing where that is old news, or somebody said so."""
    state = session.state.legs[leg]
    if state.chosen or state.language != heard_in or not loaded(session, language):
        return []
    return _change_language(session, leg, language, NOTICED, at)


def loaded(session: "Session", language: str) -> bool:
    """Whether there is a recogniser for a language."""
    return not session.policy.languages or language in session.policy.languages


def _change_language(
    session: "Session", name: str, language: str, by: str, at: float, action_id: str | None = None
) -> list[Output]:
    """The words since the last boundary are decoded again, so that what follows from it is the same whoever
    decodes it, and whenever."""
    leg = session.state.legs.get(name)
    if leg is None or leg.ended or (leg.language == language and action_id is None):
        return []
    changed = ev.LegLanguageChanged(
        leg=name, language=language, start_sample=leg.decoded_to, by=by, action_id=action_id
    )
    session.forget_interims(_open_utterance(session, name))
    return [session.emit(changed, at), *cards.withdraw_unspoken(session, at)]


def _open_utterance(session: "Session", leg: str) -> str:
    return utterance_id(session.conversation_id, leg, session.state.legs[leg].decoded_to)


def _latest(session: "Session", what: CallEventType, leg: str) -> ev.SwitchEvent | None:
    told = [e for e in session.state.switch.values() if e.what is what and e.leg in (leg, None)]
    return max(told, key=lambda event: (event.when, event.event_id), default=None)


def _outdated(session: "Session", event: ev.SwitchEvent) -> bool:
    return any(
        other.what is event.what and other.leg in (event.leg, None) and other.when > event.when
        for other in session.state.switch.values()
    )
