"""Switching the recording on and off, and what the customer said to being recorded."""

from typing import TYPE_CHECKING

from server.session.outputs import Output
from server.session.recording import REFUSED
from server.wire import events as ev
from server.wire.events import CallEventType, Consent

if TYPE_CHECKING:
    from server.session.core import Session

GIVEN = "consent given"
BY_POLICY = "queue policy"


def begin(session: "Session", at: float) -> list[Output]:
    """Where the queue's policy does not record by itself, the recording is off from the first second."""
    started = session.state.started
    if session.policy.recording == "record" or started is None or started.channel is not ev.Channel.CALL:
        return []
    return [switch(session, False, 0.0, "system", BY_POLICY, at)]


def switch(
    session: "Session", recording: bool, when: float, by: str, reason: str, at: float, action_id: str | None = None
) -> Output:
    """The recording is on or off from `when` seconds after the origin."""
    changed = ev.RecordingChanged(recording=recording, when=when, by=by, reason=reason, action_id=action_id)
    return session.emit(changed, at)


def why_not(session: "Session") -> str | None:
    """Why the recording may not be switched on; None if it may."""
    if session.policy.recording == "off":
        return "calls of this queue are never recorded"
    if session.state.recording.consent is Consent.REFUSED:
        return "the customer refused to be recorded"
    return None


def take_recording(session: "Session", event: ev.SwitchEvent, at: float) -> list[Output]:
    """The switch turns the recording on or off, at its own time; on only where that is allowed."""
    recording = event.what is CallEventType.RECORDING_ON
    if recording and why_not(session) is not None:
        return []
    return [switch(session, recording, max(0.0, event.when), "switch", event.what.value, at)]


def take_consent(session: "Session", event: ev.SwitchEvent, by: str, at: float) -> list[Output]:
    """The switch tells what the customer said; after a refusal only consent that was given later counts."""
    if event.consent is None:
        return []
    known = session.state.recording
    if known.consent is Consent.REFUSED and event.consent is not Consent.REFUSED:
        told = session.state.switch.values()
        refusals = [e.when for e in told if e.what is CallEventType.CONSENT and e.consent is Consent.REFUSED]
        since = max([*refusals, *([known.refused_at] if known.refused_by != by else [])], default=event.when)
        if event.consent is Consent.UNKNOWN or event.when < since:
            return []
    return change_consent(session, event.consent, by, at)


def takes_back(session: "Session", consent: Consent) -> bool:
    """Whether this would make a refusal unsaid: only consent that is given ends one."""
    return session.state.recording.consent is Consent.REFUSED and consent is Consent.UNKNOWN


def change_consent(
    session: "Session", consent: Consent, by: str, at: float, action_id: str | None = None
) -> list[Output]:
    """A refusal stops the recording; consent given after it lets it go on, if nothing else had stopped it."""
    known = session.state.recording
    outputs: list[Output] = []
    if consent is Consent.REFUSED and known.on:
        outputs.append(switch(session, False, at - session.state.started_at, by, REFUSED, at))
    resumes = consent is Consent.GIVEN and known.stopped_by_refusal and session.policy.recording != "off"
    outputs.append(session.emit(ev.ConsentChanged(consent=consent, by=by, action_id=action_id), at))
    if resumes:
        outputs.append(switch(session, True, at - session.state.started_at, by, GIVEN, at))
    return outputs
