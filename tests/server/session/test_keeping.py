"""What may be recorded: the queue's policy, switches that come late, consent, gaps of a leg."""

import pytest

from server.ids import new_id
from server.session import Policy
from server.session.recording import unrecorded
from server.wire import events as ev
from server.wire import panel
from server.wire.base import ErrorCode
from server.wire.events import CallEventType as Type
from server.wire.events import Consent, SwitchEvent
from tests.server.session.dialogue import START, Dialogue


def call_under(recording: str) -> Dialogue:
    return Dialogue(Policy(recording=recording))  # type: ignore[arg-type]


def record(call: Dialogue, on: bool, action_id: str | None = None) -> ErrorCode | None:
    fields = call.named() | ({"action_id": action_id} if action_id else {})
    return call.acts(panel.SetRecording(**fields, recording=on))


def consent(call: Dialogue, said: Consent) -> ErrorCode | None:
    return call.acts(panel.SetConsent(**call.named(), consent=said))


def told(call: Dialogue, what: Type, when: float, event_id: str | None = None) -> None:
    event = SwitchEvent(event_id=event_id or new_id(), what=what, when=when)
    call.take(call.session.switch_event(event, call.now))


def test_a_recorded_call_is_paused_and_goes_on() -> None:
    call = call_under("record")
    call.now = START + 10
    assert record(call, False, "off") is None
    call.now = START + 20
    assert record(call, True, "on") is None
    assert record(call, False, "off") is None, "repeated: nothing happens"
    assert unrecorded(call.events, 60) == [(10, 20)]
    assert call.session.state.recording.recorded(60) == [(0, 10), (20, 60)]


@pytest.mark.parametrize(("policy", "answer", "out"), [
    ("off", ErrorCode.POLICY, [(0, 60)]), ("on_demand", None, [(0, 10)]), ("record", None, []),
])  # fmt: skip
def test_policies(policy: str, answer: ErrorCode | None, out: list[tuple[float, float]]) -> None:
    call = call_under(policy)
    call.now = START + 10
    assert record(call, True) is answer
    told(call, Type.RECORDING_ON, 10)
    assert unrecorded(call.events, 60) == out


def test_the_switchs_news_counts_from_its_own_time_in_any_order_and_once() -> None:
    call = call_under("record")
    call.now = START + 50
    told(call, Type.RECORDING_ON, 30)
    told(call, Type.RECORDING_OFF, 20, "off")
    told(call, Type.RECORDING_OFF, 40, "off")
    assert unrecorded(call.events, 60) == [(20, 30)]


def test_a_refusal_leaves_nothing_and_the_recording_stays_off() -> None:
    call = call_under("record")
    call.now = START + 10
    assert consent(call, Consent.REFUSED) is None
    assert unrecorded(call.events, 60) == [(0, 60)]
    assert record(call, True) is ErrorCode.POLICY
    told(call, Type.RECORDING_ON, 12)
    assert unrecorded(call.events, 60) == [(0, 60)]


def test_consent_given_after_a_refusal_counts_from_then_on() -> None:
    call = call_under("record")
    call.now = START + 10
    consent(call, Consent.REFUSED)
    call.now = START + 20
    consent(call, Consent.GIVEN)
    assert unrecorded(call.events, 60) == [(0, 20)]


def test_consent_does_not_end_a_pause_of_the_agents() -> None:
    call = call_under("record")
    call.now = START + 5
    record(call, False)
    consent(call, Consent.REFUSED)
    call.now = START + 20
    consent(call, Consent.GIVEN)
    assert unrecorded(call.events, 60) == [(0, 60)]


def test_consent_told_by_the_switch() -> None:
    call = call_under("record")
    refused = SwitchEvent(event_id="c", what=Type.CONSENT, when=3, consent=Consent.REFUSED)
    call.take(call.session.switch_event(refused, call.now))
    assert call.session.state.recording.consent is Consent.REFUSED


def test_a_chat_has_no_recording() -> None:
    chat = Dialogue(Policy(recording="off"), channel=ev.Channel.CHAT)
    assert record(chat, False) is ErrorCode.INVALID
    assert unrecorded(chat.events, 60) == []


def test_positions_in_a_leg_whose_sender_left_time_out() -> None:
    """The leg's second 10 is the call's second 40: paused from 20 to 50 means audio from 10 to 20."""
    call = call_under("record")
    call.take(call.session.gap(ev.LegGap(leg="agent", start=10, end=10, missing=30, reason="stalled"), call.now))
    told(call, Type.RECORDING_OFF, 20)
    told(call, Type.RECORDING_ON, 50)
    assert unrecorded(call.events, 30, "agent") == [(10, 20)]
    assert unrecorded(call.events, 60, "customer") == [(20, 50)]


def said(call: Dialogue, answer: Consent, when: float) -> None:
    event = SwitchEvent(event_id=new_id(), what=Type.CONSENT, when=when, consent=answer)
    call.take(call.session.switch_event(event, call.now))


def test_a_refusal_cannot_be_made_unsaid() -> None:
    call = call_under("record")
    call.now = START + 10
    consent(call, Consent.REFUSED)
    call.now = START + 20
    assert consent(call, Consent.UNKNOWN) is ErrorCode.POLICY
    said(call, Consent.UNKNOWN, 20)
    assert record(call, True) is ErrorCode.POLICY
    said(call, Consent.GIVEN, 5)
    assert record(call, True) is ErrorCode.POLICY, "given before it was refused"
    assert unrecorded(call.events, 60) == [(0, 60)]
    said(call, Consent.GIVEN, 20)
    assert unrecorded(call.events, 60) == [(0, 20)]


def test_older_consent_told_after_the_switchs_refusal_changes_nothing() -> None:
    call = call_under("record")
    call.now = START + 30
    said(call, Consent.REFUSED, 10)
    said(call, Consent.GIVEN, 5)
    assert unrecorded(call.events, 60) == [(0, 60)]
    said(call, Consent.GIVEN, 20)
    assert unrecorded(call.events, 60) == [(0, 30)]
