"""News of the switch, in any order: segments, whose call it is, when cards are of use."""

from itertools import permutations

from server.session import Ask
from server.wire.events import CallEventType as Type
from server.wire.events import OutcomeKind, SwitchEvent, WrappedUp
from tests.server.session.dialogue import Dialogue, card


def news(what: Type, when: float, agent: str | None = None, code: str | None = None) -> SwitchEvent:
    return SwitchEvent(event_id=f"{what}-{when}", what=what, when=when, agent=agent, reported=agent, code=code)


def tell(call: Dialogue, *events: SwitchEvent) -> None:
    for event in events:
        call.take(call.session.switch_event(event, call.now))


def segments(call: Dialogue) -> list[tuple[str, str | None, float, float | None]]:
    return [(s.kind.value, s.agent, s.start, s.end) for s in call.session.state.segments]


HELD = [
    news(Type.RINGING, -4),
    news(Type.ANSWERED, 0, "lin"),
    news(Type.HOLD, 10),
    news(Type.RESUMED, 25),
    news(Type.HANGUP, 40),
]
HELD_SEGMENTS = [
    ("ringing", None, -4, 0),
    ("talk", "lin", 0, 10),
    ("hold", "lin", 10, 25),
    ("talk", "lin", 25, 40),
    ("wrap_up", "lin", 40, None),
]


def test_any_order_and_repetition_lead_to_the_same_segments() -> None:
    for order in permutations(HELD):
        call = Dialogue()
        tell(call, *order, *order)
        assert segments(call) == HELD_SEGMENTS
        assert call.session.state.agent == "lin"


def test_a_blind_transfer_is_nobodys_until_it_is_answered() -> None:
    call = Dialogue()
    tell(call, news(Type.ANSWERED, 0, "lin"), news(Type.TRANSFERRED, 10, "dawei"))
    assert call.session.state.agent is None
    tell(call, news(Type.ANSWERED, 14, "dawei"))
    assert call.session.state.agent == "dawei"
    assert segments(call) == [
        ("talk", "lin", 0, 10), ("ringing", "dawei", 10, 14), ("talk", "dawei", 14, None),
    ]  # fmt: skip


def test_a_consultation_then_transfer_hands_the_call_over_at_once() -> None:
    call = Dialogue()
    tell(call, news(Type.ANSWERED, 0, "lin"), news(Type.CONSULT, 10, "dawei"))
    assert (call.session.state.agent, segments(call)[-1][0]) == ("lin", "consult")
    tell(call, news(Type.TRANSFERRED, 20, "dawei"))
    assert call.session.state.agent == "dawei"


def test_a_conference_keeps_its_agent() -> None:
    call = Dialogue()
    tell(call, news(Type.ANSWERED, 0, "lin"), news(Type.CONFERENCE, 10, "dawei"))
    assert (call.session.state.agent, segments(call)[-1][0]) == ("lin", "conference")


def test_only_talk_and_conference_raise_cards() -> None:
    for what, suggests in ((Type.HOLD, False), (Type.CONSULT, False), (Type.CONFERENCE, True), (Type.RESUMED, True)):
        call = Dialogue()
        tell(call, news(Type.ANSWERED, 0, "lin"), news(what, 1, "dawei"))
        call.wait(5)
        call.hears("customer", "先说一句", seconds=1)
        asked = [o for o in call.hears("customer", "能提前还款吗") if isinstance(o, Ask)]
        assert bool(asked) is suggests, what


def test_a_switch_that_tells_only_of_hold_began_with_talk() -> None:
    call = Dialogue()
    tell(call, news(Type.HOLD, 10))
    assert segments(call) == [("talk", "lin", 0, 10), ("hold", "lin", 10, None)]


def test_an_extension_nobody_has_is_nobodys_call_until_one_claims_it() -> None:
    call = Dialogue()
    stranger = SwitchEvent(event_id="a", what=Type.ANSWERED, when=0, agent=None, reported="8099")
    tell(call, stranger)
    assert call.session.state.agent is None
    call.wait(3)
    call.take(call.session.claim("dawei", "claim-1", call.now))
    assert call.session.state.agent == "dawei"
    assert call.take(call.session.claim("lin", "claim-2", call.now)) == []
    tell(call, news(Type.HOLD, 9))
    assert call.session.state.agent == "dawei"


def test_the_switch_can_wrap_up_with_a_known_code() -> None:
    call = Dialogue()
    tell(call, news(Type.WRAP_UP, 5, code="nonsense"))
    assert not call.session.state.wrapped_up
    tell(call, news(Type.WRAP_UP, 6, code="solved"))
    assert [e.payload.code for e in call.events if isinstance(e.payload, WrappedUp)] == ["solved"]


def test_cards_of_the_old_agent_cannot_be_used_by_her_any_more() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    tell(call, news(Type.ANSWERED, 0, "lin"), news(Type.TRANSFERRED, 3, "dawei"), news(Type.ANSWERED, 4, "dawei"))
    assert call.use("repay") is not None
    assert OutcomeKind.USED not in call.outcomes("repay")


def test_an_answer_that_names_nobody_is_whoevers_was_named_last_and_never_who_gave_the_call_away() -> None:
    away = [news(Type.ANSWERED, 0, "lin"), news(Type.TRANSFERRED, 10)]
    for events, whose in (
        ([*away, news(Type.ANSWERED, 14)], None),
        ([away[0], news(Type.TRANSFERRED, 10, "dawei"), news(Type.ANSWERED, 14)], "dawei"),
        ([*away, news(Type.RINGING, 12, "dawei"), news(Type.ANSWERED, 14)], "dawei"),
        ([news(Type.ANSWERED, 0), news(Type.CONSULT, 5, "dawei"), news(Type.TRANSFERRED, 9), news(Type.ANSWERED, 10)],
         "dawei"),
        ([news(Type.RINGING, 0), news(Type.ANSWERED, 2)], "lin"),
    ):  # fmt: skip
        for order in permutations(events):
            call = Dialogue()
            tell(call, *order)
            assert call.session.state.agent == whose, events


def test_a_call_that_rings_at_somebody_is_theirs_to_claim_until_it_rings_there_no_more() -> None:
    call = Dialogue()
    tell(call, news(Type.RINGING, 0, "dawei"))
    assert segments(call) == [("ringing", "dawei", 0, None)]
    assert (call.session.state.agent, call.session.state.ringing_at) == (None, "dawei")
    assert call.take(call.session.claim("lin", "claim-1", call.now)) == []
    tell(call, news(Type.RINGING, 3))
    assert call.session.state.ringing_at is None
    call.wait(5)
    assert call.take(call.session.claim("lin", "claim-2", call.now))
    assert call.session.state.agent == "lin"


def test_a_call_hung_up_while_it_rang_is_nobodys() -> None:
    call = Dialogue()
    tell(call, news(Type.RINGING, 0, "dawei"), news(Type.HANGUP, 5))
    assert segments(call) == [("ringing", "dawei", 0, 5)]
    assert (call.session.state.agent, call.session.state.ringing_at) == (None, None)


def test_nothing_moves_a_conversation_that_is_wrapped_up() -> None:
    call = Dialogue()
    tell(call, news(Type.ANSWERED, 0, "lin"))
    call.wait(10)
    tell(call, news(Type.WRAP_UP, 10, code="solved"), news(Type.ANSWERED, 20, "dawei"))
    assert (call.session.state.agent, segments(call)) == ("lin", [("talk", "lin", 0, None)])
    tell(call, news(Type.HOLD, 5))
    assert segments(call)[-1] == ("hold", "lin", 5, None)
    tell(call, news(Type.HANGUP, 12))
    assert (call.session.state.agent, segments(call)[-1]) == ("lin", ("wrap_up", "lin", 12, None))


def test_the_customer_is_who_the_latest_news_says_in_any_order() -> None:
    named = [news(Type.RINGING, -2), news(Type.ANSWERED, 1, "lin"), news(Type.HOLD, 3)]
    events = [e.model_copy(update={"customer": c}) for e, c in zip(named, ("c-1", "c-2", None), strict=True)]
    for order in permutations(events):
        call = Dialogue(customer=None)
        tell(call, *order, *order)
        assert call.session.state.customer == "c-2"


def test_the_call_of_who_is_locked_out_is_nobodys_until_it_is_claimed() -> None:
    for before in ([], [news(Type.ANSWERED, 0, "lin")], [news(Type.ANSWERED, 0, "lin"), news(Type.HOLD, 2)]):
        call = Dialogue()
        tell(call, *before)
        call.wait(5)
        assert call.take(call.session.abandon("dawei", "left", call.now)) == []
        call.take(call.session.abandon("lin", "left", call.now))
        assert call.session.state.agent is None
        assert (segments(call)[0][:2], call.session.state.segments[-1].kind == "hold") == (
            ("talk", "lin"), len(before) == 2,
        )  # fmt: skip
        tell(call, news(Type.HOLD, 7), news(Type.RESUMED, 8))
        assert call.session.state.agent is None, "later news do not give it back"
        call.wait(5)
        call.take(call.session.claim("dawei", "claim", call.now))
        assert call.session.state.agent == "dawei"


def test_the_wrap_up_of_who_is_locked_out_stays_theirs() -> None:
    call = Dialogue()
    tell(call, news(Type.ANSWERED, 0, "lin"), news(Type.HANGUP, 5))
    assert call.take(call.session.abandon("lin", "left", call.now)) == []
