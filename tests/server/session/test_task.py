"""Outbound: cards before anyone speaks, without consequences for what the customer asks later."""

from server.ids import new_id
from server.session import Ask, Policy, Session
from server.wire import events as ev
from server.wire.events import Channel, Direction
from tests.server.session.dialogue import AGENT, START, Dialogue, alike, card


def begin(**fields: object) -> tuple[Session, list[object]]:
    session = Session(new_id(), Policy(), alike)
    started = ev.ConversationStarted.model_validate(
        {"channel": Channel.CALL, "direction": Direction.OUTBOUND, "external_id": "x", "language": "zh", "queue": "q"}
        | {"agent": AGENT, **fields}
    )
    return session, list(session.start(started, START))


def test_a_call_of_a_task_asks_for_its_script_at_once() -> None:
    _, outputs = begin(task_id="t-1", campaign="card", stage="上传证件", script=["a", "b"])
    (ask,) = [output for output in outputs if isinstance(output, Ask)]
    assert (ask.trigger, ask.source, ask.script, ask.text) == ("t-1", "context", ("a", "b"), "上传证件")


def test_without_a_script_the_stage_is_looked_up_and_without_either_nothing() -> None:
    _, outputs = begin(task_id="t-1", campaign="card")
    assert [(o.text, o.script) for o in outputs if isinstance(o, Ask)] == [("card", ())]
    assert not [o for o in begin(task_id="t-1")[1] if isinstance(o, Ask)]
    assert not [o for o in begin()[1] if isinstance(o, Ask)]


def bound(task_id: str = "t-1") -> ev.TaskBound:
    return ev.TaskBound(task_id=task_id, stage="上传证件", script=["a"], context={"k": "v"}, by="switch")


def test_a_task_that_is_told_late_counts_once() -> None:
    call = Dialogue()
    ask = call.asked(call.take(call.session.bind_task(bound(), call.now)))
    assert call.session.bind_task(bound("t-2"), call.now) == []
    call.answer(ask, card("a"))
    (state,) = call.session.state.cards.values()
    assert (state.trigger, state.card.source, state.confirmed) == ("t-1", "context", True)


def test_cards_of_a_task_stay_when_somebody_asks_and_cool_nothing_down() -> None:
    call = Dialogue()
    call.answer(call.asked(call.take(call.session.bind_task(bound(), call.now))), card("a"), card("b"))
    call.wait(20)
    call.customer("这张卡有年费吗", card("fee"))
    assert call.screen == ["a", "b", "fee"]
    call.dismiss("a")
    call.wait(1)
    call.customer("怎么上传证件", card("a"))
    assert "a" in call.screen


def test_the_answer_to_a_task_teaches_nothing() -> None:
    call = Dialogue()
    call.answer(call.asked(call.take(call.session.bind_task(bound(), call.now))))
    assert not [e for e in call.events if isinstance(e.payload, ev.SuggestionsUnsure)]
