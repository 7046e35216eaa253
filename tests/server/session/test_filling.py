"""Replies with slots: what they are filled with, what stays a hole, and that nothing half-empty leaves."""

import pytest

from server.ids import new_id
from server.session import Policy, Session, SuggestedCard
from server.session.filling import completes, fill, slots, values_of
from server.wire import events as ev
from server.wire import panel
from server.wire.base import ErrorCode
from server.wire.events import Channel, MessageQueued, OutcomeKind, SuggestionRevised
from tests.server.session.dialogue import AGENT, Dialogue, alike

SENDS = Policy(text_out_on_call=True, wrap_up_codes=frozenset({"solved"}))
AMOUNT = "{amount}元确实多扣的，退回原卡。"


def slotted(reply: str, sent: str | None = None, article: str = "refund", language: str = "") -> SuggestedCard:
    return SuggestedCard(article, 1, "退款", reply, sent or reply, "refund", 0.9, "?", language)


def shown(call: Dialogue, article: str = "refund") -> ev.Card:
    return call.session.state.cards[call.id_of(article)].card


def known(context: dict[str, str], *said: str, language: str = "zh") -> dict[str, object]:
    """What the slots hold after the customer has said this."""
    call = Dialogue(channel=Channel.CHAT)
    started = call.session.state.started
    assert started is not None
    call.session.state.started = started.model_copy(update={"context": context})
    call.session.state.held_in = language
    for n, text in enumerate(said):
        call.wait(1)
        call.take(call.session.customer_wrote(text, f"m{n}", call.now))
    return values_of(call.session.state)


def written(slot: str, context: dict[str, str], *said: str, language: str = "zh", aloud: bool = False) -> str:
    return fill(f"{{{slot}}}", known(context, *said, language=language), language, aloud=aloud)[0]


def test_a_name_comes_from_the_context_and_any_other_slot_by_its_key() -> None:
    values = known({"customer_name": "王敏", "Branch": "城东支行", "姓名": "别人"})
    assert fill("{customer_name}，您到{{branch}}办，找{manager}。", values) == (
        "王敏，您到城东支行办，找{manager}。",
        ["manager"],
    )
    assert written("customer_name", {"姓名": "李强"}) == "李强"


@pytest.mark.parametrize(
    ("said", "aloud", "text"),
    [
        ("我要提前还三千块", "三千元", "3000元"),
        ("我昨天转了两万五还没到账", "两万五千", "25000"),
        ("扣了我¥1,200.50", "1200.50元", "1200.50元"),
        ("取一千只出来八百", "{amount}", "{amount}"),
        ("取一千，不对，是取两千", "两千", "2000"),
        ("欠了五千多", "{amount}", "{amount}"),
        ("等了三十天，打了两百次", "{amount}", "{amount}"),
        ("尾号1234的卡转了六千", "六千", "6000"),
    ],
)
def test_amounts_that_the_customer_says(said: str, aloud: str, text: str) -> None:
    assert (written("amount", {}, said, aloud=True), written("amount", {}, said)) == (aloud, text)


@pytest.mark.parametrize(
    ("said", "after", "text"),
    [
        ("i transferred three hundred dollars", "", "300 dollars"),
        ("it took two thousand five hundred yuan", " yuan", "2,500 yuan"),
        ("it took two thousand five hundred dollars", " yuan", "{amount} yuan"),
        ("i withdrew a hundred bucks", "", "100 dollars"),
    ],
)
def test_amounts_in_english_never_under_another_currency(said: str, after: str, text: str) -> None:
    assert fill("{amount}" + after, known({}, said, language="en"), "en")[0] == text


@pytest.mark.parametrize(
    ("context", "said", "language", "aloud", "text"),
    [
        ({"due_date": "2001-03-15"}, (), "zh", "二零零一年三月十五号", "2001年3月15日"),
        ({"还款日": "3月15日"}, (), "zh", "三月十五号", "3月15日"),
        ({"due_date": "end of term"}, (), "en", "end of term", "end of term"),
        ({}, ("我的还款日是十五号",), "zh", "十五号", "15号"),
        ({}, ("我三月十五号转的账",), "zh", "{due_date}", "{due_date}"),
        ({"due_date": "2001-03-15"}, ("it is due on the twenty first of april",), "en", "April 21st", "21 April"),
    ],
)
def test_days_that_something_is_due(
    context: dict[str, str], said: tuple[str, ...], language: str, aloud: str, text: str
) -> None:
    assert written("due_date", context, *said, language=language, aloud=True) == aloud
    assert written("due_date", context, *said, language=language) == text


def test_a_card_tail_comes_from_the_masked_label_and_a_whole_number_fills_nothing() -> None:
    assert written("card_tail", {}, "我的卡号是6222021234567890128，丢了") == "0128"
    assert written("card_tail", {}, "我那张尾号幺二三四的卡") == "1234"
    assert written("card_tail", {"card_number": "6222 0212 3456 7890"}) == "7890"
    assert written("card", {"card": "6222 0212 3456 7890"}) == "{card}"


def test_the_freshest_wins_and_a_backchannel_does_not_hide_what_was_asked() -> None:
    assert written("amount", {"amount": "500"}, "我要还三千") == "3000"
    call = Dialogue()
    call.agent("您要还多少钱")
    call.hears("customer", "嗯")
    call.hears("customer", "三千五")
    assert fill("{amount}", values_of(call.session.state))[0] == "3500"


def test_what_somebody_else_says_fills_nothing() -> None:
    call = Dialogue()
    call.agent("您这边扣了三千元")
    call.hears("mixed", "扣了五千元")
    assert fill("{amount}", values_of(call.session.state))[1] == ["amount"]


def test_a_card_freezes_what_was_filled_who_told_it_and_what_is_missing() -> None:
    call = Dialogue()
    call.customer("高速多扣了我三百块", slotted("{amount}元多扣的，尾号{card_tail}退您。", "退{amount}元"))
    card = shown(call)
    assert (card.reply, card.reply_to_send) == ("三百元多扣的，尾号{card_tail}退您。", "退300元")
    assert (card.holes, card.filled) == (["card_tail"], {"amount": "customer"})


def test_a_card_without_slots_is_as_it_was() -> None:
    call = Dialogue()
    call.customer("多扣了我三百块", slotted("已为您退回"))
    assert (shown(call).reply, shown(call).holes, shown(call).filled) == ("已为您退回", [], {})


def test_an_open_card_is_completed_in_place_when_the_customer_says_it() -> None:
    call = Dialogue()
    call.customer("高速扣费不对", slotted(AMOUNT))
    before = call.id_of("refund")
    assert shown(call).holes == ["amount"]
    call.agent("扣了多少钱")
    call.hears("customer", "三百二")
    assert call.id_of("refund") == before
    assert (shown(call).reply, shown(call).reply_to_send) == (
        "三百二十元确实多扣的，退回原卡。",
        "320元确实多扣的，退回原卡。",
    )
    assert (shown(call).holes, shown(call).filled) == ([], {"amount": "customer"})
    call.hears("customer", "不对，是三百五十元")
    assert shown(call).reply.startswith("三百二十元")  # words on screen change only where there was a hole


def test_a_card_acted_upon_is_not_changed_any_more() -> None:
    call = Dialogue()
    call.customer("高速扣费不对", slotted(AMOUNT))
    call.dismiss("refund")
    call.hears("customer", "扣了我三百块")
    assert not [e for e in call.events if isinstance(e.payload, SuggestionRevised)]


def test_a_task_that_is_told_late_fills_open_cards() -> None:
    call = Dialogue()
    call.customer("什么时候到期", slotted("您{due_date}到期"))
    call.take(call.session.bind_task(ev.TaskBound(task_id="t", context={"due_date": "5月2日"}, by="switch"), call.now))
    assert (shown(call).reply, shown(call).filled) == ("您五月二号到期", {"due_date": "task"})


def use(call: Dialogue, text: str | None = None) -> panel.Use:
    return panel.Use(
        action_id=new_id(), conversation_id=call.session.conversation_id, suggestion_id=call.id_of("refund"), text=text
    )


def send(call: Dialogue, text: str, card: bool = True) -> panel.Send:
    return panel.Send(
        action_id=new_id(), conversation_id=call.session.conversation_id, text=text, confirmed=True,
        suggestion_id=call.id_of("refund") if card else None,
    )  # fmt: skip


def test_a_reply_with_a_hole_is_neither_used_nor_sent_and_the_answer_names_the_hole() -> None:
    call = Dialogue(SENDS)
    call.customer("高速扣费不对", slotted(AMOUNT))
    for action in (use(call), use(call, "{amount}元"), send(call, AMOUNT), send(call, "您好{ 姓名 }", card=False)):
        outputs = call.session.act(action, AGENT, call.now)
        (answer,) = outputs
        assert answer.problem.code is ErrorCode.INVALID
        assert ("姓名" if isinstance(action, panel.Send) and action.suggestion_id is None else "{amount}") in (
            answer.problem.message
        )
    assert call.screen == ["refund"]
    assert not [e for e in call.events if isinstance(e.payload, MessageQueued)]


def test_completing_a_hole_is_no_edit_and_what_was_said_is_kept() -> None:
    call = Dialogue(SENDS)
    call.customer("高速扣费不对", slotted(AMOUNT))
    assert call.acts(use(call, "三百元确实多扣的，退回原卡。")) is None
    assert call.outcomes("refund") == [OutcomeKind.USED]
    assert call.acts(send(call, "300元确实多扣的，马上退。")) is None
    assert call.outcomes("refund") == [OutcomeKind.USED, OutcomeKind.EDITED]
    texts = [e.payload.text for e in call.events if isinstance(e.payload, ev.SuggestionOutcome)]
    assert texts == ["三百元确实多扣的，退回原卡。", "300元确实多扣的，马上退。"]


def test_holes_and_completions_survive_a_restart() -> None:
    call = Dialogue()
    call.customer("高速扣费不对", slotted(AMOUNT))
    call.take(call.session.bind_task(ev.TaskBound(task_id="t", context={"k": "v"}, by="switch"), call.now))
    call.hears("customer", "扣了我三百块")
    again = Session.restore(call.session.conversation_id, Policy(), alike, call.events)
    assert again.state.cards == call.session.state.cards
    assert values_of(again.state) == values_of(call.session.state)


def test_slots_and_completions_of_a_text() -> None:
    assert slots("{a}和{{b}}、{a}、{ c }，{1}、{}") == ["a", "b", "c"]
    assert completes("退300元。", "退{amount}元。")
    assert not completes("马上退300元。", "退{amount}元。")
    assert not completes("退元。", "退{amount}元。")
    assert not completes("退", "退")
