"""Manners of the cards."""

from server.session import Ask, Policy, Session
from server.wire.events import OutcomeKind, SuggestionRevised, SuggestionsRaised
from tests.server.session.dialogue import START, Dialogue, alike, card


def test_a_question_raises_cards_and_silence_raises_none() -> None:
    call = Dialogue()
    call.customer("我想提前还款", card("repay"), card("fee"))
    assert call.screen == ["repay", "fee"]
    call.customer("嗯")
    assert call.screen == ["repay", "fee"]


def test_an_interim_raises_a_card_only_when_two_in_a_row_agree() -> None:
    call = Dialogue()
    call.saying("我想提前", card("repay"))
    assert call.screen == []
    call.saying("我想提前还款", card("repay"))
    assert call.screen == ["repay"]


def test_the_same_interim_is_not_asked_twice_and_a_short_one_not_at_all() -> None:
    call = Dialogue()
    assert not [o for o in call.saying("我想") if isinstance(o, Ask)]
    assert [o for o in call.saying("我想提前") if isinstance(o, Ask)]
    assert not [o for o in call.saying("我想提前") if isinstance(o, Ask)]


def test_a_final_confirms_the_early_card_in_place() -> None:
    call = Dialogue()
    call.saying("我想提前", card("repay", 0.7))
    call.saying("我想提前还", card("repay", 0.7))
    early = call.id_of("repay")
    call.customer("我想提前还款", card("repay", 0.95))
    revised = [e.payload for e in call.events if isinstance(e.payload, SuggestionRevised)]
    assert call.screen == ["repay"]
    assert [(r.suggestion_id, r.confirmed, r.confidence) for r in revised] == [(early, True, 0.95)]


def test_a_final_takes_back_an_early_card_that_was_wrong() -> None:
    call = Dialogue()
    call.saying("我想提前", card("repay"))
    call.saying("我想提前问", card("repay"))
    call.customer("我想提前问一下利息", card("interest"))
    assert call.screen == ["interest"]
    assert call.outcomes("repay") == [OutcomeKind.EXPIRED]


def test_a_final_with_nothing_sure_takes_the_early_card_back() -> None:
    call = Dialogue()
    call.saying("我想提前", card("repay"))
    call.saying("我想提前问", card("repay"))
    call.customer("我想提前问问今天的天气")
    assert call.screen == []


def test_an_early_card_gives_way_to_another_that_is_stable() -> None:
    call = Dialogue()
    call.saying("刚才有人打", card("callback"))
    call.saying("刚才有人打电话", card("callback"))
    call.saying("刚才有人打电话让我", card("fraud"))
    assert call.screen == ["callback"]
    call.saying("刚才有人打电话让我转钱", card("fraud"))
    assert call.screen == ["fraud"]


def test_interims_do_not_touch_what_is_on_screen() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay", 0.9))
    call.saying("我是说提前", card("repay", 0.7))
    call.saying("我是说提前还", card("repay", 0.8))
    assert not [e for e in call.events if isinstance(e.payload, SuggestionRevised)]


def test_the_whole_turn_takes_back_what_its_beginning_suggested_unsurely() -> None:
    call = Dialogue()
    call.customer("我有一笔贷款", card("date", 0.45), card("fee", 0.9))
    call.customer("想一次性还清", card("repay", 0.95))
    assert call.screen == ["fee", "repay"]
    assert call.outcomes("date") == [OutcomeKind.EXPIRED]


def test_what_was_unsure_before_the_agent_spoke_stays() -> None:
    call = Dialogue()
    call.customer("我有一笔贷款", card("date", 0.45))
    call.hears("agent", "请问是哪一笔", seconds=1)
    call.customer("想一次性还清", card("repay", 0.95))
    assert call.screen == ["date", "repay"]


def test_second_guesses_do_not_come_without_the_first() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    call.customer("我是说提前还款", card("repay", 0.9), card("fee", 0.3))
    assert call.screen == ["repay"]
    call.customer("提前还款和手续费", card("repay", 0.9), card("fee", 0.8))
    assert call.screen == ["repay", "fee"]


def test_a_card_asked_for_again_is_not_cleared_by_its_company() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    call.wait(10)
    call.customer("提前还款和手续费", card("repay", 0.9), card("fee", 0.8))
    assert call.screen == ["repay", "fee"]


def test_an_unused_card_comes_back_soon_only_when_clearly_asked_for() -> None:
    call = Dialogue(Policy(seen=20, sure=0.7))
    call.customer("能提前还款吗", card("repay"))
    call.wait(8)
    call.customer("利息怎么算", card("interest"))
    call.wait(8)
    call.customer("那好的呢", card("repay", 0.5))
    assert call.screen == ["interest"]
    call.customer("所以能提前还款吗", card("repay", 0.9))
    assert "repay" in call.screen


def test_an_unused_card_may_come_back_later() -> None:
    call = Dialogue(Policy(seen=20))
    call.customer("能提前还款吗", card("repay"))
    call.wait(8)
    call.customer("利息怎么算", card("interest"))
    call.wait(21)
    call.customer("还有还款呢", card("repay", 0.5))
    assert call.screen == ["repay"]


def test_an_interim_that_comes_late_does_not_undo_the_final() -> None:
    call = Dialogue()
    late = call.asked(call.saying("我想提前", card("repay")))
    call.customer("我想提前问一下利息", card("interest"))
    call.answer(late, card("repay"))
    assert call.screen == ["interest"]


def test_the_next_question_clears_the_old_cards() -> None:
    call = Dialogue()
    call.customer("我想提前还款", card("repay"))
    call.wait(10)
    call.customer("利息怎么算", card("interest"))
    assert call.screen == ["interest"]
    raised = [e.payload for e in call.events if isinstance(e.payload, SuggestionsRaised)]
    assert raised[-1].replaces == [call.id_of("repay")]


def test_two_questions_in_one_breath_stay_side_by_side_but_never_more_than_three() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"), card("repay2"))
    call.customer("有手续费吗", card("fee"), card("fee2"))
    assert len(call.screen) == 3
    assert {"fee", "fee2"} <= set(call.screen)


def test_an_article_that_was_just_used_cools_down() -> None:
    call = Dialogue(Policy(cool_down=60, spoken_similarity=2))
    call.customer("能提前还款吗", card("repay"))
    assert call.use("repay") is None
    call.customer("提前还款", card("repay"))
    assert call.screen == []
    call.wait(61)
    call.customer("再说一遍提前还款", card("repay"))
    assert call.screen == ["repay"]


def test_an_article_on_screen_is_not_raised_twice() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    call.customer("我是说提前还款", card("repay", 0.99))
    assert call.screen == ["repay"]


def test_a_card_nobody_uses_expires() -> None:
    call = Dialogue(Policy(card_seconds=30))
    call.customer("能提前还款吗", card("repay"))
    call.wait(29)
    assert call.screen == ["repay"]
    call.wait(2)
    assert call.outcomes("repay") == [OutcomeKind.EXPIRED]


def test_only_the_customers_words_raise_cards() -> None:
    call = Dialogue()
    assert not [o for o in call.agent("请问您要提前还款吗") if isinstance(o, Ask)]
    assert not [o for o in call.hears("mixed", "我想提前还款") if isinstance(o, Ask)]


def test_a_reply_said_aloud_is_noticed_even_in_two_utterances() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay", reply="您打开应用点借款再点提前还款就可以了"))
    call.agent("您打开应用点借款")
    assert call.outcomes("repay") == []
    call.agent("再点提前还款就可以了")
    assert call.outcomes("repay") == [OutcomeKind.SPOKEN]
    call.agent("再点提前还款就可以了")
    assert call.outcomes("repay") == [OutcomeKind.SPOKEN]


def test_a_reply_that_was_used_can_be_spoken_too_but_a_dismissed_one_cannot() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay", reply="可以提前还款"), card("fee", reply="可以不收费用的"))
    assert call.use("repay") is None
    assert call.dismiss("fee") is None
    call.agent("可以提前还款")
    call.agent("可以不收费用的")
    assert call.outcomes("repay") == [OutcomeKind.USED, OutcomeKind.SPOKEN]
    assert call.outcomes("fee") == [OutcomeKind.DISMISSED]


def test_words_that_come_to_nothing_are_taken_back() -> None:
    call = Dialogue()
    call.saying("我想提前", card("repay"))
    call.saying("我想提前还", card("repay"))
    outputs = call.hears("customer", "")
    assert call.interims(outputs) == [""]
    assert call.screen == []


def test_a_session_is_rebuilt_from_its_events() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"), card("fee"))
    call.use("repay")
    call.agent("好的")
    call.wait(5)
    again = Session.restore(call.session.conversation_id, call.session.policy, alike, call.events)
    assert again.state == call.session.state
    assert [event.seq for event in call.events] == list(range(1, len(call.events) + 1))
    assert call.events[0].at >= START


def test_a_card_that_is_not_sure_is_raised_and_noted_in_that_order() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay", confidence=0.5))
    assert call.screen == ["repay"]
    kinds = [type(event.payload).__name__ for event in call.events]
    assert kinds[-2:] == ["SuggestionsRaised", "SuggestionsUnsure"]


def test_no_two_cards_on_screen_say_the_same() -> None:
    call = Dialogue()
    reply = "在卡片页面点挂失，马上生效，一天里随时都可以办。"
    call.customer("卡丢了怎么办", card("lost", reply=reply))
    call.customer("银行卡不见了", card("gone", 0.95, reply=reply.replace("随时都", "随时")))
    assert call.screen == ["lost"]
    call.customer("补卡多少钱", card("fee", 0.95, reply="十元。"))
    assert call.screen == ["lost", "fee"]


def test_a_right_card_that_says_the_same_as_an_early_wrong_one_takes_its_place() -> None:
    call = Dialogue()
    reply = "在卡片页面点挂失，马上生效，一天里随时都可以办。"
    call.saying("我的卡丢了", card("lost", reply=reply))
    call.saying("我的卡丢了怎么", card("lost", reply=reply))
    call.customer("我的卡丢了怎么办", card("gone", 0.95, reply=reply))
    assert call.screen == ["gone"]


def test_cards_go_when_the_talk_has_moved_on_though_nothing_took_their_place() -> None:
    call = Dialogue(Policy(moved_on=6, moved_turns=2))
    call.customer("能提前还款吗", card("repay"))
    call.wait(10)
    call.customer("今天外面下好大的雨")
    assert call.screen == ["repay"]
    call.customer("我家的猫又跑出去了")
    assert call.screen == []


def test_nods_and_answers_do_not_move_the_talk_on() -> None:
    call = Dialogue(Policy(moved_on=6, moved_turns=2))
    call.customer("能提前还款吗", card("repay"))
    call.wait(10)
    call.agent("您想哪天还？")
    call.customer("下个月五号吧")
    call.customer("嗯嗯")
    call.customer("好的好的")
    assert call.screen == ["repay"]


def test_never_more_than_three_cards_however_many_come() -> None:
    call = Dialogue()
    for number in range(6):
        call.customer(
            f"第{number}个问题怎么办", *(card(f"{number}-{n}", reply=f"{number}" * (n + 1)) for n in range(5))
        )
        assert len(call.screen) <= 3


def test_a_clock_that_is_set_back_keeps_no_card_longer() -> None:
    call = Dialogue()
    call.customer("我想提前还款", card("repay"))
    set_back = call.now - 3600
    call.take(call.session.tick(set_back))
    assert call.screen == ["repay"]
    call.take(call.session.tick(set_back + call.session.policy.card_seconds + 1))
    assert call.screen == []
