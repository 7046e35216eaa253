"""What an agent does with cards, messages, and the end of the conversation."""

import pytest

from server.ids import new_id
from server.session import Policy
from server.wire import panel
from server.wire.base import ErrorCode
from server.wire.events import (
    Channel,
    ConversationEnded,
    DeliveryState,
    MessageQueued,
    MessageState,
    OutcomeKind,
    Role,
    Utterance,
    WrappedUp,
)
from tests.server.session.dialogue import Dialogue, card

SENDS = Policy(text_out_on_call=True, wrap_up_codes=frozenset({"solved"}))


def payloads(call: Dialogue, kind: type) -> list:
    return [event.payload for event in call.events if isinstance(event.payload, kind)]


def test_a_click_acts_once_however_often_it_comes() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    click = panel.Use(**call.named(suggestion_id=call.id_of("repay")))
    assert call.acts(click) is None
    before = len(call.events)
    assert call.acts(click) is None
    assert len(call.events) == before


def test_a_card_held_in_the_panel_can_still_be_used_after_it_left() -> None:
    call = Dialogue(Policy(card_seconds=90))
    call.customer("能提前还款吗", card("repay"))
    call.wait(91)
    assert call.screen == []
    assert call.use("repay") is None
    assert call.outcomes("repay") == [OutcomeKind.EXPIRED, OutcomeKind.USED]
    assert call.use("repay") is ErrorCode.STALE


def test_using_other_words_is_an_edit() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    assert call.acts(panel.Use(**call.named(suggestion_id=call.id_of("repay"), text="可以"))) is None
    assert call.outcomes("repay") == [OutcomeKind.EDITED]


def test_another_agent_can_do_nothing() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    use = panel.Use(**call.named(suggestion_id=call.id_of("repay")))
    assert call.acts(use, login="mallory") is ErrorCode.FORBIDDEN
    assert call.screen == ["repay"]


def test_a_gone_card_is_stale_and_an_unknown_one_not_found() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    assert call.dismiss("repay") is None
    assert call.use("repay") is ErrorCode.STALE
    assert call.acts(panel.Use(**call.named(suggestion_id="none"))) is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("policy", "customer", "confirmed", "refused"),
    [
        (Policy(), "c1", True, ErrorCode.POLICY),
        (SENDS, None, True, ErrorCode.POLICY),
        (SENDS, "c1", False, ErrorCode.POLICY),
        (SENDS, "c1", True, None),
    ],
)
def test_text_leaves_a_call_only_by_policy_to_a_known_customer_and_confirmed(
    policy: Policy, customer: str | None, confirmed: bool, refused: ErrorCode | None
) -> None:
    call = Dialogue(policy, customer=customer)
    call.customer("能提前还款吗", card("repay"))
    send = panel.Send(
        action_id=new_id(), conversation_id=call.session.conversation_id, text="text repay",
        suggestion_id=call.id_of("repay"), confirmed=confirmed,
    )  # fmt: skip
    assert call.acts(send) is refused
    assert len(payloads(call, MessageQueued)) == (refused is None)
    assert call.outcomes("repay") == ([OutcomeKind.SENT] if refused is None else [])


def test_a_used_reply_can_still_be_sent() -> None:
    call = Dialogue(SENDS)
    call.customer("能提前还款吗", card("repay"))
    assert call.use("repay") is None
    send = panel.Send(
        action_id=new_id(), conversation_id=call.session.conversation_id, text="changed",
        suggestion_id=call.id_of("repay"),
        confirmed=True,
    )  # fmt: skip
    assert call.acts(send) is None
    assert call.outcomes("repay") == [OutcomeKind.USED, OutcomeKind.EDITED]


def test_a_chat_message_is_said_and_queued_and_its_state_told_once() -> None:
    chat = Dialogue(channel=Channel.CHAT)
    ask = chat.asked(chat.take(chat.session.customer_wrote("怎么还款", "m1", chat.now)))
    chat.answer(ask, card("repay"))
    assert chat.take(chat.session.customer_wrote("怎么还款", "m1", chat.now)) == []
    send = panel.Send(action_id=new_id(), conversation_id=chat.session.conversation_id, text="请点借款")
    assert chat.acts(send) is None
    queued = payloads(chat, MessageQueued)[0]
    assert queued.adapter == "chat"
    assert [(u.role, u.message_id) for u in payloads(chat, Utterance)][-1] == (Role.AGENT, queued.message_id)
    delivered = MessageState(message_id=queued.message_id, state=DeliveryState.DELIVERED)
    failed = MessageState(message_id=queued.message_id, state=DeliveryState.FAILED)
    assert len(chat.take(chat.session.message_state(delivered, chat.now))) == 1
    assert chat.take(chat.session.message_state(delivered, chat.now)) == []
    assert chat.take(chat.session.message_state(failed, chat.now)) == []


def test_nothing_is_sent_to_a_customer_who_has_left() -> None:
    chat = Dialogue(channel=Channel.CHAT)
    chat.take(chat.session.end("customer left", chat.now))
    send = panel.Send(action_id=new_id(), conversation_id=chat.session.conversation_id, text="请点借款")
    assert chat.acts(send) is ErrorCode.CONVERSATION_ENDED


def test_an_article_found_by_hand_becomes_a_card_even_while_it_cools_down() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    call.use("repay")
    raise_it = panel.RaiseArticle(**call.named(article_id="repay", query="还款"))
    assert call.acts(raise_it, article=card("repay")) is None
    assert call.screen == ["repay"]
    assert call.acts(panel.RaiseArticle(**call.named(article_id="gone"))) is ErrorCode.NOT_FOUND


def test_wrap_up_ends_the_work_and_marks_what_was_ignored() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    assert call.acts(panel.WrapUp(**call.named(code="nonsense"))) is ErrorCode.INVALID
    assert call.acts(panel.WrapUp(**call.named(code="solved", note="fine"))) is None
    assert call.outcomes("repay") == [OutcomeKind.IGNORED]
    assert payloads(call, WrappedUp)[0].code == "solved"
    assert payloads(call, ConversationEnded) == []
    assert call.use("repay") is ErrorCode.CONVERSATION_ENDED


def test_a_wrapped_up_chat_is_over() -> None:
    chat = Dialogue(channel=Channel.CHAT)
    assert chat.acts(panel.WrapUp(**chat.named(code="solved"))) is None
    assert len(payloads(chat, ConversationEnded)) == 1


def test_the_conversation_ends_with_its_last_leg() -> None:
    call = Dialogue()
    for leg in ("customer", "agent"):
        call.take(call.session.end_leg(leg, 100, "stopped", call.now))
        assert payloads(call, ConversationEnded) == []
    call.take(call.session.end_leg("mixed", 100, "stopped", call.now))
    call.take(call.session.end_leg("mixed", 100, "stopped", call.now))
    assert len(payloads(call, ConversationEnded)) == 1


def test_a_conversation_bound_anew_belongs_to_the_new_agent() -> None:
    call = Dialogue()
    call.customer("能提前还款吗", card("repay"))
    call.take(call.session.bind_agent("dawei", "switch", call.now))
    assert call.use("repay") is ErrorCode.FORBIDDEN
    assert call.acts(panel.Use(**call.named(suggestion_id=call.id_of("repay"))), login="dawei") is None
