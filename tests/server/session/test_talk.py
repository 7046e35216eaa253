"""What the session tells the suggester about the talk around the words it asks for."""

from server.session import Policy
from tests.server.session.dialogue import Dialogue, card


def test_utterances_of_one_breath_are_one_turn() -> None:
    call = Dialogue()
    call.customer("我的银行卡不见了")
    call.customer("哪里都找不到")
    ask = call.asked(call.hears("customer", "现在要怎么处理"))
    assert ask.turn == ("我的银行卡不见了", "哪里都找不到")
    assert ask.context == ()


def test_interims_know_their_turn_too() -> None:
    call = Dialogue()
    call.customer("我的银行卡不见了")
    assert call.asked(call.hears("customer", "现在要怎么", final=False)).turn == ("我的银行卡不见了",)


def test_what_the_agent_says_ends_a_turn() -> None:
    call = Dialogue()
    call.customer("我的银行卡不见了")
    call.agent("我帮您挂失")
    ask = call.asked(call.hears("customer", "钱会不会被取走"))
    assert (ask.turn, ask.context) == ((), ("我的银行卡不见了",))


def test_an_agent_who_only_listens_does_not_end_a_turn() -> None:
    call = Dialogue()
    call.customer("我的银行卡不见了")
    call.hears("agent", "嗯", seconds=0.5)
    assert call.asked(call.hears("customer", "怎么处理")).turn == ("我的银行卡不见了",)


def test_a_long_silence_ends_a_turn() -> None:
    call = Dialogue(Policy(turn_gap=2.5))
    call.customer("我的银行卡不见了")
    call.wait(3)
    assert call.asked(call.hears("customer", "怎么处理")).turn == ()


def test_a_turn_counts_its_last_parts_only() -> None:
    call = Dialogue(Policy(turn_parts=2))
    for text in ("卡丢了", "密码忘了", "钱也没了"):
        call.customer(text)
    ask = call.asked(call.hears("customer", "怎么处理"))
    assert (ask.turn, ask.context) == (("密码忘了", "钱也没了"), ("卡丢了",))


def test_the_topic_is_that_of_the_sure_card_before_this_turn() -> None:
    call = Dialogue()
    assert call.asked(call.customer("银行卡不见了", card("lost", 0.9))).topic == ()
    call.agent("我帮您挂失")
    assert call.asked(call.customer("补卡呢", card("replace", 0.9))).topic == ("intent",)
    assert call.asked(call.customer("多少钱", card("fee", 0.9))).topic == ("intent",)


def test_an_unsure_or_dismissed_card_is_no_topic() -> None:
    call = Dialogue()
    call.customer("银行卡不见了", card("lost", 0.5))
    call.agent("您再说一遍")
    assert call.asked(call.customer("银行卡丢了", card("stolen", 0.9))).topic == ()
    assert call.dismiss("stolen") is None
    call.agent("您再说一遍")
    assert call.asked(call.customer("那补卡呢")).topic == ()


def test_a_card_the_agent_took_up_is_the_topic_however_unsure() -> None:
    call = Dialogue()
    call.customer("银行卡不见了", card("lost", 0.5))
    assert call.use("lost") is None
    call.agent("我帮您挂失")
    assert call.asked(call.customer("那补卡呢")).topic == ("intent",)
