"""Passwords, secret answers and codes that are not digits alone, in several turns and in interims."""

import pytest

from server.masking import Masker
from tests.server.masking.test_masker import talk


@pytest.mark.parametrize(
    ("ask", "answer", "masked"),
    [
        ("密保问题 您小学班主任叫什么", "陈秀兰", "[密码]"),
        ("口令是多少", "口令是 春眠不觉晓", "口令是 [密码]"),
        ("请报一下密码", "我想想啊 好像是 六个八", "我想想啊 好像是 [密码]"),
        ("登录密码说一下", "大写 z 小写 w 艾特 九零零八", "[密码]"),
        ("登录密码您记得吗", "记得 大写 z 小写 w 九零零八", "记得 [密码]"),
        ("授权码呢", "a 七 k 二 九 零", "[验证码]"),
        ("您的护照号", "e 八三九 二零一 四七", "[证件号]"),
        ("口令是多少", "忘了", "忘了"),
        ("口令是多少", "您说的是哪个", "您说的是哪个"),
        ("口令是多少", "这个能跟你说吗", "这个能跟你说吗"),
        ("请问验证码是几位的", "六位的", "六位的"),
        ("请提供卡号后四位", "八八零六", "八八零六"),
        ("信用卡有效期呢", "零九二八", "零九二八"),
        ("密码还记得吗", "不记得了 好久没用了", "不记得了 好久没用了"),
    ],
)
def test_answers_in_chinese(ask, answer, masked):
    assert talk("A:" + ask, "C:" + answer)[1] == masked


@pytest.mark.parametrize(
    ("ask", "answer", "masked"),
    [
        ("mother's maiden name", "yeah that's o'brien", "yeah that's [password]"),
        ("your security word", "it's bluebell", "it's [password]"),
        ("what's your passphrase", "correct horse battery staple", "[password]"),
        ("what's the password", "capital t as in tango i g e r nine nine", "[password]"),
        ("code please", "one hundred twenty three four", "[code]"),
        (
            "and the card number",
            "for won six too double ate three zero for five six seven nine one two eight",
            "[card]",
        ),
        ("ni number", "q q one two three four five six c", "[ID number]"),
        ("your password", "hold on", "hold on"),
        ("your password", "i'm not telling you that", "i'm not telling you that"),
        ("your password", "which one", "which one"),
        ("how many digits is the code", "six", "six"),
        ("can you give me the last 4 digits", "8806", "8806"),
        ("what's your extension", "four two one three", "four two one three"),
    ],
)
def test_answers_in_english(ask, answer, masked):
    assert talk("A:" + ask, "C:" + answer, language="en")[1] == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的口令是芝麻开门 你查一下", "我的口令是[密码] 你查一下"),
        ("我用小猫钓鱼当密码", "我用[密码]当密码"),
        ("护照号码 E83920147 能用吗", "护照号码 [证件号] 能用吗"),
        ("卡号6222🙂0232🙂4112🙂3407🙂550", "卡号[银行卡 尾号7550]"),
        ("6258098033471020 有效期 03/29 安全码196", "[银行卡 尾号1020] 有效期 03/29 安全码[安全码]"),
        ("6222600260001108677 13800274496", "[银行卡 尾号8677] [电话 尾号4496]"),
        ("公司电话 (0755)26003147 转802", "公司电话 [电话 尾号3147] 转802"),
        ("密码是不是六位数啊", "密码是不是六位数啊"),
        ("发票号码04412873开错了", "发票号码04412873开错了"),
        ("口令红包发不出去", "口令红包发不出去"),
    ],
)
def test_said_without_a_question_in_chinese(text, masked):
    assert talk("C:" + text) == [masked]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "my password is sunshine twenty twelve and it won't let me in",
            "my password is [password] and it won't let me in",
        ),
        ("pw: hunter2", "pw: [password]"),
        ("bluebell is my password", "[password] is my password"),
        ("my NI number is AB 12 34 56 C", "my NI number is [ID number]"),
        ("4532 9870 1266 3057 09/28 619", "[card ending 3057] 09/28 [CVV]"),
        ("my password is not working", "my password is not working"),
        ("i need my password to log in", "i need my password to log in"),
        ("isbn 9780306406157", "isbn 9780306406157"),
        ("call us on 0800 123 4567", "call us on 0800 123 4567"),
    ],
)
def test_said_without_a_question_in_english(text, masked):
    assert talk("C:" + text, language="en") == [masked]


def test_a_spelled_answer_stays_hidden_until_the_agent_moves_on():
    heard = talk(
        "A:密码拼一下",
        "C:小写 w",
        "A:嗯",
        "C:小写 a n g",
        "A:继续",
        "C:下划线 零七",
        "A:好的验证通过 您要办什么",
        "C:我想查账单",
    )
    assert [heard[place] for place in (1, 3, 5, 7)] == ["[密码]", "[密码]", "[密码]", "我想查账单"]


def test_a_secret_answer_is_hidden_when_the_agent_repeats_it():
    heard = talk("A:what's your memorable word", "C:dragonfly", "A:so dragonfly is that right", "C:yes", language="en")
    assert heard[1:] == ["[password]", "so [password] is that right", "yes"]


def test_an_interim_shows_nothing_of_a_password_asked_for():
    masker = Masker()
    masker.mask("请说一下您的口令", role="agent", language="zh")
    assert masker.preview("春", "customer", "zh") == "[密码]"
    assert masker.preview("春天花", "customer", "zh") == "[密码]"
    assert masker.preview("没听清", "customer", "zh") == "没听清"


@pytest.mark.parametrize(("ask", "least"), [("请把验证码念给我", 4), ("您还有什么问题", 7)])
def test_an_interim_shows_no_row_of_digits(ask, least):
    said = "幺三八零零二七四四九六"
    masker = Masker()
    masker.mask(ask, role="agent", language="zh")
    for end in range(1, len(said) + 1):
        shown = masker.preview("我看一下 " + said[:end], "customer", "zh")
        assert said[:least] not in shown


@pytest.mark.parametrize(
    ("turns", "masked"),
    [
        (["A:请 您 报 一下 短信 里 的 动态 码", "C:呃 七 七 零 四 不 对 二 三 九"], "呃 [验证码]"),
        (["A:查询 密码 是 几位 的", "C:六位 的", "A:那 您 报 一下", "C:二 七 零 九 幺 五"], "[密码]"),
        (["A:眼镜 码 念 一下", "C:六 三 医 七 二", "A:还 差 一位", "C:八"], "[验证码]"),
        (["A:卡号报一下", "C:六二二八零二", "A:稍等系统有点慢", "C:好", "A:您接着报", "C:七三"], "[银行卡]"),
        (["A:预留 的 问候语 是 什么", "C:好像 是 平安 是 福"], "好像 是 [密码]"),
        (["A:您 父亲 的 出生地 是 哪里", "C:嗯 我 想想 啊 绍兴 柯桥"], "嗯 我 想想 啊 [密码]"),
        (["A:密保问题是您的偶像是谁", "C:周杰伦吧"], "[密码]吧"),
        (["A:您 母亲 的 姓名 是 什么", "C:我 妈妈 叫 王秀兰"], "我 妈妈 叫 [密码]"),
        (["C:刚才那个过期了，新的是881 240"], "刚才那个过期了，新的是[验证码]"),
        (["A:您 的 工单 号 是 七七 零三 二一五", "C:嗯 七七 零三 二一五 记下 了"], "嗯 七七 零三 二一五 记下 了"),
        (["A:发 验证码 到 尾号 三 六零 二 的 手机"], "发 验证码 到 尾号 三 六零 二 的 手机"),
        (["A:汇率7.1936，10000美元约71936元"], "汇率7.1936，10000美元约71936元"),
        (["A:您最喜欢哪款理财产品", "C:那个稳利的"], "那个稳利的"),
    ],
)
def test_conversations_in_chinese(turns, masked):
    assert talk(*turns)[-1] == masked


@pytest.mark.parametrize(
    ("turns", "masked"),
    [
        (["A:could you say your passphrase", "C:my dog eats blue cheese"], "[password]"),
        (["A:the verification number please", "C:for to oh won ate five"], "[code]"),
        (["A:your question was your favourite teacher", "C:mrs holloway"], "[password]"),
        (["C:card 371449635398431 exp 04/29 cid 7182"], "card [card ending 8431] exp 04/29 cid [CVV]"),
        (["C:the new one is 0619, the old one expired"], "the new one is [code], the old one expired"),
        (
            ["C:is it seven three oh five that i have to tell you"],
            "is it [code] that i have to tell you",
        ),
        (["C:tried Summer2023 and summer2023"], "tried [password] and [password]"),
        (
            ["C:i changed the pin from one two three four to nine zero seven three"],
            "i changed the pin from [password] to [password]",
        ),
        (["C:windows10 and iPhone14 and SR20240315"], "windows10 and iPhone14 and SR20240315"),
        (["C:can you call at four thirty"], "can you call at four thirty"),
        (
            ["C:seven charges one for nineteen ninety nine and two for forty five fifty"],
            "seven charges one for nineteen ninety nine and two for forty five fifty",
        ),
        (
            ["A:Security answer: city where you met your spouse?"],
            "Security answer: city where you met your spouse?",
        ),
    ],
)
def test_conversations_in_english(turns, masked):
    assert talk(*turns, language="en")[-1] == masked
