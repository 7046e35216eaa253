import pytest

from suggest.acts import asked, asks, is_answer, is_backchannel, leads_on, new_words, nods_gone, wants


@pytest.mark.parametrize(
    "text",
    [
        "那收费吗", "要多久才有", "信用社的可以不", "到了没", "能不能退", "几天能到", "为啥", "那 几点 能好",
        "哪天还啊",
        "and how long does that take", "is there a charge", "can it be changed", "Does looking at it hurt",
        "okay but what if nothing comes", "do you deliver", "have you sent it",
    ],
)  # fmt: skip
def test_questions(text: str):
    assert asks(text) and wants(text)


@pytest.mark.parametrize(
    "text",
    [
        "六个月吧", "十几次了", "电信 的", "我 手动 还 了", "三百九十九", "好几个月了", "the blue one",
        "it was on Tuesday",
        "yes please do that", "that is it", "have a nice day", "I can see it", "they have it",
    ],
)  # fmt: skip
def test_no_questions(text: str):
    assert not asks(text)


def test_a_request_is_wanted_but_not_asked():
    assert wants("帮我催一下") and not asks("帮我催一下")
    assert wants("i need a new one") and not asks("i need a new one")


@pytest.mark.parametrize(
    "said",
    ["请问您打算分几期还？", "您看几点方便", "请您说一下收件的城市。", "好的。请问是哪张？", "Which one is it?",
     "I see. Could I have your name, please?"],
)  # fmt: skip
def test_an_agent_who_waits_for_an_answer(said: str):
    assert asked(said)


@pytest.mark.parametrize(
    "said", ["", "最晚两小时。", "您是要退款吗？我已经帮您办好了。", "It's on its way.", "What a pity. It is done."]
)
def test_an_agent_who_does_not(said: str):
    assert not asked(said)


def test_an_answer_is_no_question():
    assert is_answer("六个月吧", "您想分几期？") and is_answer("the blue one", "Which one do you mean?")
    assert not is_answer("三岁，要带什么", "孩子多大了？")
    assert not is_answer("he's nine, what do I bring", "How old is he?")
    assert not is_answer("六个月吧", "好的，我帮您看看。")


@pytest.mark.parametrize(
    "text",
    ["嗯嗯", "哦，行", "这样啊", "好我试试", "那就好那就好", "看到了", "嗯哼", "OK", "等一下啊 我 在 弄", "三 三 七 一",
     "没了没了就这些",
     "okay", "mm-hmm", "right I see", "yeah that's it thanks", "sure take your time", "oh okay got it", "4173"],
)  # fmt: skip
def test_nods(text: str):
    assert is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [("十五号，哦", "您的还款日是每月15号。"), ("嗯 十块", "工本费十元。"), ("okay, loans", "Tap Loans, then Repay."),
     ("the fifteenth mm", "It's due on the fifteenth.")],
)  # fmt: skip
def test_what_was_just_said_given_back_is_a_nod(text: str, said: str):
    assert is_backchannel(text, said) and not is_backchannel(text)
    assert new_words(text, said) < 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("十五号能改吗", "您的还款日是每月十五号。"), ("没有收到退款", ""), ("好的那退款呢", ""),
     ("loans, how", "Tap Loans."),
     ("I read it out to him", "Did you tell him?"), ("帮我改十五号", "是十五号。")],
)  # fmt: skip
def test_no_nods(text: str, said: str):
    assert not is_backchannel(text, said)


def test_what_goes_on_from_before():
    assert leads_on("那要多久") and leads_on("and what if not") and leads_on("嗯那可以退吗")
    assert not leads_on("怎么开户") and not leads_on("android app")


def test_only_the_nods_go():
    assert nods_gone("嗯好的，谢谢啊，电子发票怎么开") == "电子发票怎么开"
    assert nods_gone("okay, how do I pay") == "how do I pay"
    assert nods_gone("嗯嗯") == "嗯嗯"
    assert nods_gone("怎么开发票，要多久") == "怎么开发票，要多久"
