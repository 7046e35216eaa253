"""Whose voice a leg carries and what is spoken on it, as both change; what is not talk raises nothing."""

from collections.abc import Callable

import pytest

from server.ids import new_id
from server.session import Ask, Policy, Session, SuggestedCard
from server.wire import events as ev
from server.wire import panel
from server.wire.base import ErrorCode
from server.wire.events import CallEventType as Type
from server.wire.events import OutcomeKind, Role, SwitchEvent
from tests.server.session.dialogue import Dialogue, alike, card

LANGUAGES = Policy(wrap_up_codes=frozenset({"solved"}), languages=frozenset({"zh", "en"}))


def told(call: Dialogue, what: Type, when: float | None = None, **fields: object) -> None:
    at = call.now - 1_000_000.0 if when is None else when
    event = SwitchEvent.model_validate({"event_id": new_id(), "what": what, "when": at, **fields})
    call.take(call.session.switch_event(event, call.now))


def asks(outputs: list[object]) -> bool:
    return any(isinstance(output, Ask) for output in outputs)


def english(article: str) -> SuggestedCard:
    return SuggestedCard(article, 1, article, article, article, "intent", 0.9, "?", language="en")


def last(call: Dialogue) -> ev.Utterance:
    return call.session.state.turns[-1]


@pytest.mark.parametrize("role", [Role.MIXED, Role.UNKNOWN, Role.THIRD_PARTY])
def test_a_leg_of_nobody_known_is_transcribed_and_nothing_more(role: Role) -> None:
    call = Dialogue()
    told(call, Type.LEG_ROLE, leg="customer", role=role)
    assert not asks(call.hears("customer", "能提前还款吗", final=False))
    assert not asks(call.hears("customer", "能提前还款吗"))
    assert (last(call).role, last(call).text) == (role, "能提前还款吗")


def test_what_such_a_leg_says_is_not_a_reply_said_aloud() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay", reply="可以提前还款的"))
    told(call, Type.LEG_ROLE, leg="agent", role=Role.UNKNOWN)
    call.agent("可以提前还款的")
    assert call.outcomes("repay") == []


def test_cards_follow_once_the_leg_is_known_as_the_customers_and_not_before() -> None:
    call = Dialogue()
    told(call, Type.LEG_ROLE, leg="customer", role=Role.UNKNOWN)
    call.hears("customer", "我想提前", final=False)
    call.wait(1)
    told(call, Type.LEG_ROLE, leg="customer", role=Role.CUSTOMER)
    assert not asks(call.hears("customer", "我想提前还款")), "it began before anyone knew"
    assert asks(call.hears("customer", "要收违约金吗"))


def test_a_leg_that_stops_being_the_customers_takes_its_unconfirmed_cards_along() -> None:
    call = Dialogue()
    call.saying("我想提前还款", card("repay"))
    asked = call.asked(call.hears("customer", "我想提前还款可以", final=False))
    call.answer(asked, card("repay"))
    assert call.screen == ["repay"]
    late = call.asked(call.hears("customer", "我想提前还款可以吗", final=False))
    told(call, Type.LEG_ROLE, leg="customer", role=Role.THIRD_PARTY)
    assert call.screen == []
    call.answer(late, card("repay"))
    assert call.screen == []


def test_a_role_told_before_the_audio_and_out_of_order() -> None:
    call = Dialogue()
    told(call, Type.LEG_ROLE, 5.0, leg="line", role=Role.CUSTOMER)
    told(call, Type.LEG_ROLE, 2.0, leg="line", role=Role.MIXED)
    line = ev.LegStarted(leg="line", role=Role.UNKNOWN, language="zh", encoding="pcm16", sample_rate=8000, offset=0)
    call.take(call.session.open_leg(line, call.now))
    assert call.session.state.legs["line"].role is Role.CUSTOMER
    told(call, Type.LEG_ROLE, 3.0, leg="line", role=Role.AGENT)
    assert call.session.state.legs["line"].role is Role.CUSTOMER


def set_language(call: Dialogue, language: str, leg: str | None = None, action_id: str = "") -> ErrorCode | None:
    fields = call.named(language=language) | ({"action_id": action_id} if action_id else {})
    return call.acts(panel.SetLanguage(**fields, leg=leg))


def test_a_change_of_language_takes_back_cards_and_late_answers_in_the_old_one() -> None:
    call = Dialogue(LANGUAGES)
    call.customer("能提前还款吗", card("repay"))
    late = call.asked(call.hears("customer", "要收违约金吗"))
    assert set_language(call, "en") is None
    assert call.screen == []
    call.answer(late, card("fee"))
    assert call.screen == []
    call.hears("agent", "hello there")
    assert last(call).language == "en"
    asked = call.asked(call.hears("customer", "can i repay early"))
    assert asked.language == "en"
    call.answer(asked, card("repay"), english("early"))
    assert call.screen == ["repay", "early"], "cards whose language nobody told are believed"


def test_a_card_in_another_language_than_was_asked_for_is_never_shown() -> None:
    call = Dialogue(LANGUAGES)
    call.customer("能提前还款吗", english("early"))
    assert call.screen == []


def test_an_article_in_another_language_is_put_up_only_for_a_customer_who_speaks_it() -> None:
    call = Dialogue(LANGUAGES)
    call.hears("customer", "hello")
    early = panel.RaiseArticle(**call.named(article_id="early", query="early"))
    assert call.acts(early, article=english("early")) is ErrorCode.POLICY
    assert set_language(call, "en", "customer") is None
    again = panel.RaiseArticle(**call.named(article_id="early", query="early"))
    assert call.acts(again, article=english("early")) is None
    assert call.screen == ["early"]


def test_the_boundary_of_a_change_is_where_decoding_was() -> None:
    call = Dialogue(LANGUAGES)
    call.hears("customer", "你好")
    boundary = call.session.state.legs["customer"].decoded_to
    call.hears("customer", "唉克", final=False)
    told(call, Type.LANGUAGE, leg="customer", language="en")
    changed = next(e.payload for e in call.events if isinstance(e.payload, ev.LegLanguageChanged))
    assert (changed.start_sample, changed.language) == (boundary, "en")
    restored = Session.restore(call.session.conversation_id, LANGUAGES, alike, call.events)
    assert restored.state.legs["customer"].language == "en"
    assert restored.state.legs["agent"].language == "zh"


def test_languages_that_are_not_loaded_legs_that_do_not_exist_and_repetition() -> None:
    call = Dialogue(LANGUAGES)
    assert set_language(call, "fr") is ErrorCode.UNSUPPORTED_LANGUAGE
    assert set_language(call, "en", "nobody") is ErrorCode.NOT_FOUND
    told(call, Type.LANGUAGE, language="fr")
    assert call.session.state.language == "zh"
    assert set_language(call, "en", action_id="a") is None
    assert set_language(call, "zh", action_id="b") is None
    assert set_language(call, "en", action_id="a") is None
    assert call.session.state.language == "zh", "a repeated action changes nothing"


def test_a_chat_changes_its_language_too() -> None:
    chat = Dialogue(LANGUAGES, channel=ev.Channel.CHAT)
    late = chat.asked(chat.take(chat.session.customer_wrote("能提前还款吗", "m1", chat.now)))
    assert set_language(chat, "en") is None
    chat.answer(late, card("repay"))
    assert chat.screen == []
    asked = chat.asked(chat.take(chat.session.customer_wrote("can i repay early", "m2", chat.now)))
    assert (asked.language, last(chat).language) == ("en", "en")


def test_a_language_that_was_noticed_gives_way_to_one_that_was_told() -> None:
    call = Dialogue(LANGUAGES)
    call.take(call.session.notice_language("customer", "zh", "en", call.now))
    assert call.session.state.language == "en"
    assert set_language(call, "zh") is None
    assert call.take(call.session.notice_language("customer", "zh", "en", call.now)) == []


@pytest.mark.parametrize("what", [Type.HOLD, Type.IVR, Type.RINGING, Type.CONSULT])
def test_speech_outside_the_talk_is_flagged_and_raises_nothing(what: Type) -> None:
    call = Dialogue()
    told(call, Type.IVR if what in (Type.IVR, Type.RINGING) else Type.ANSWERED, 0.0, agent="lin")
    if what is not Type.IVR:
        told(call, what, 0.5)
    call.wait(1)
    assert not asks(call.hears("customer", "能提前还款吗", final=False))
    assert not asks(call.hears("customer", "能提前还款吗"))
    segment = last(call).segment
    assert segment is not None and segment.value == what.value


def test_what_is_said_in_a_consultation_is_no_reply_and_ends_no_turn() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay", reply="可以提前还款的"))
    told(call, Type.ANSWERED, 0.0, agent="lin")
    told(call, Type.CONSULT)
    call.agent("可以提前还款的")
    assert call.outcomes("repay") == []


@pytest.mark.parametrize("sound", ["music", "prompt"])
def test_music_and_prompts_are_no_part_of_the_talk(sound: ev.Sound) -> None:
    call = Dialogue()
    call.saying("您的来电", card("repay"))
    asked = call.asked(call.hears("customer", "您的来电对我", final=False))
    call.answer(asked, card("repay"))
    assert not asks(call.hears("customer", "您的来电对我们很重要", sound=sound))
    assert (call.screen, last(call).sound) == ([], sound)
    assert call.asked(call.hears("customer", "能提前还款吗")).turn == ()


def test_a_prompt_is_masked_but_answers_no_question() -> None:
    call = Dialogue()
    call.agent("请把短信验证码告诉我")
    call.hears("customer", "您的卡号六二二二零二一二三四五六七八九零一二八", sound="prompt")
    assert "六二二二" not in last(call).text
    call.hears("customer", "三八二七一五")
    assert "三八二七" not in last(call).text


LATE: list[tuple[str, Callable[[Dialogue], None]]] = [
    ("hold", lambda call: told(call, Type.HOLD, 0.5)),
    ("ivr", lambda call: told(call, Type.IVR, 0.0)),
    ("consult", lambda call: told(call, Type.CONSULT, 0.5, agent="dawei")),
]


@pytest.mark.parametrize("kind", [name for name, _ in LATE])
def test_late_news_takes_back_cards_of_what_was_not_talk(kind: str) -> None:
    call = Dialogue()
    call.wait(1)
    call.customer("能提前还款吗", card("repay"))
    late = call.asked(call.hears("customer", "要收违约金吗"))
    assert call.screen == ["repay"]
    dict(LATE)[kind](call)
    assert (call.screen, call.outcomes("repay")) == ([], [OutcomeKind.EXPIRED])
    call.answer(late, card("fee"))
    assert call.screen == []


def test_time_that_a_sender_left_out_counts_when_segments_are_looked_up() -> None:
    """20 s are missing from the stream after its 4th second; the hold was over before the customer spoke again."""
    call = Dialogue()
    call.hears("customer", "你好我想问一下", seconds=4)
    told(call, Type.HOLD, 5.0)
    call.now += 20
    told(call, Type.RESUMED, 23.0)
    gap = ev.LegGap(leg="customer", start=4.0, end=4.0, missing=20.0, reason="stalled")
    call.take(call.session.gap(gap, call.now))
    call.now -= 20
    call.hears("customer", "嗯", seconds=2)
    assert asks(call.hears("customer", "能提前还款吗"))
    segment = last(call).segment
    assert (segment, round(last(call).start)) == (ev.SegmentKind.TALK, 6)
