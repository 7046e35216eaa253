"""What must not be kept is gone before it is stored, shown, or looked up."""

from asr.transcript import Transcript, Word
from server.session import Ask, InterimHeard, Session
from server.wire.events import Channel, Utterance
from tests.server.session.dialogue import Dialogue, alike

CODE = "四八二九一七"


def said(call: Dialogue) -> list[Utterance]:
    return [event.payload for event in call.events if isinstance(event.payload, Utterance)]


def test_a_code_that_was_asked_for_is_nowhere() -> None:
    call = Dialogue()
    call.agent("麻烦您把收到的验证码念给我")
    interim = call.hears("customer", "四八二九一", final=False)
    final = call.hears("customer", CODE)
    assert CODE not in "".join(str(output) for output in call.outputs)
    assert "四八二" not in "".join(str(output) for output in interim + final)
    assert [output.text for output in final if isinstance(output, Ask)] in ([], ["[验证码]"])
    assert said(call)[-1].text == "[验证码]"
    assert said(call)[-1].masked[0].kind == "code"


def test_words_and_audio_of_a_card_number_are_marked_and_dropped() -> None:
    call = Dialogue()
    spoken = ["我的", "卡号", "是", *"六二二二零二一二三四五六七八九零一二八", "对吗"]
    words = tuple(Word(text, 0.5 * i, 0.5 * i + 0.4, 1.0) for i, text in enumerate(spoken))
    heard = Transcript("customer", "".join(spoken), True, 0, 120_000, 0.0, words[-1].end, words)
    call.take(call.session.heard(heard, call.now, call.now))
    utterance = said(call)[-1]
    assert "二二二" not in utterance.text and utterance.masked
    assert all(word.text in ("我的", "卡号", "是", "对吗") for word in utterance.words)
    assert utterance.masked[0].start <= 1.5 < utterance.masked[0].end <= words[-1].start + 0.5


def test_what_was_asked_before_a_restart_still_counts_after_it() -> None:
    call = Dialogue()
    call.agent("请把验证码告诉我")
    again = Session.restore(call.session.conversation_id, call.session.policy, alike, call.events)
    heard = Transcript("customer", CODE, True, 100_000, 120_000, 12.5, 15.0)
    outputs = again.heard(heard, call.now, call.now)
    assert CODE not in "".join(str(output) for output in outputs)


def test_a_card_number_typed_in_a_chat_keeps_its_last_four() -> None:
    chat = Dialogue(channel=Channel.CHAT)
    chat.take(chat.session.customer_wrote("卡号6222021234567890128丢了", "m1", chat.now))
    assert said(chat)[-1].text == "卡号[银行卡 尾号0128]丢了"


def test_ordinary_words_pass_unchanged() -> None:
    call = Dialogue()
    call.hears("customer", "我想提前还三千块钱六个月那笔")
    assert said(call)[-1].text == "我想提前还三千块钱六个月那笔"
    heard = [o for o in call.hears("customer", "利息怎么算", final=False) if isinstance(o, InterimHeard)]
    assert heard[0].text == "利息怎么算"
