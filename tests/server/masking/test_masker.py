"""One conversation at a time: what stays and what goes."""

from dataclasses import dataclass

import pytest

from server.masking import MASK_VERSION, Kind, Masker


def talk(*turns: str, language: str = "zh") -> list[str]:
    """Masked texts of turns written as `A:…` (agent) or `C:…` (customer)."""
    masker = Masker()
    roles = {"A": "agent", "C": "customer", "M": "mixed"}
    return [masker.mask(turn[2:], role=roles[turn[0]], language=language).text for turn in turns]


def test_version_is_a_number():
    assert isinstance(MASK_VERSION, int)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我手机号是13812345678", "我手机号是[电话 尾号5678]"),
        ("手机１３８１２３４５６７８", "手机[电话 尾号5678]"),
        ("电话幺三八 幺二三四 五六七八", "电话[电话 尾号5678]"),
        ("身份证110105199207212381", "身份证[证件号]"),
        ("身份证是幺幺零幺零五幺九九二零七二幺二三八叉", "身份证是[证件号]"),
        ("卡号6222023241123407550", "卡号[银行卡 尾号7550]"),
        ("卡号6222 0232 4112 3407 550", "卡号[银行卡 尾号7550]"),
        ("验证码是483920，5分钟内有效", "验证码是[验证码]，5分钟内有效"),
        ("密码是abc123456", "密码是[密码]"),
        ("这是我的护照E12345678", "这是我的护照[证件号]"),
        ("手机幺三吧零零幺二三酒五六", "手机[电话]"),
    ],
)
def test_masks_in_chinese(text, masked):
    assert talk("C:" + text) == [masked]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call me at 415-555-0123", "call me at [phone ending 0123]"),
        ("my card is 4111 1111 1111 1111", "my card is [card ending 1111]"),
        ("my ssn is 412-34-5678", "my ssn is [ID number]"),
        ("my pin is double four two one", "my pin is [password]"),
        ("my password is Summer!2019 and it fails", "my password is [password] and it fails"),
        ("my mobile is oh seven seven double oh nine oh oh one two three", "my mobile is [phone ending 0123]"),
    ],
)
def test_masks_in_english(text, masked):
    assert talk("C:" + text, language="en") == [masked]


@pytest.mark.parametrize(
    "text",
    [
        "我想借三万块钱分十二期",
        "转账20000元，手续费25.50元",
        "年利率百分之七点二，等了六个月",
        "我二零二零年五月十六号办的卡",
        "2023年11月23日15:30还的款",
        "订单号202305160012345怎么还没到",
        "你们客服电话是95588",
        "请您拨打4008123456",
        "一二三，我数完了",
        "验证码六位数都没收到，等了10分钟",
        "密码错三次锁了",
        "尾号5678的那张卡",
    ],
)
def test_leaves_ordinary_talk(text):
    assert talk("C:" + text) == [text]


def test_the_answer_to_a_question_is_hidden_whatever_was_recognised():
    assert talk("A:请把验证码念给我", "C:拔丝酒领二衣")[1] == "[验证码]"
    assert talk("A:登录密码说一下", "C:王小明的拼音")[1] == "[密码]"
    assert talk("A:what's your password", "C:sunshine", language="en")[1] == "[password]"


def test_an_answer_that_is_none_stays():
    assert talk("A:请把验证码念给我", "C:还没收到呢")[1] == "还没收到呢"
    assert talk("A:could you read me the code", "C:it hasn't come yet", language="en")[1] == "it hasn't come yet"


def test_the_question_is_over_after_other_talk():
    heard = talk("A:请念验证码", "C:四八三九二零", "A:好的 您想借多少", "C:两万五", "A:几期", "C:二十四期")
    assert heard[1] == "[验证码]"
    assert heard[3:] == ["两万五", "几期", "二十四期"]


def test_digits_split_over_turns_with_nods_between():
    heard = talk(
        "A:请报一下卡号", "C:六二二二", "A:嗯", "C:零二三二", "A:好的您继续", "C:四幺幺二 三四零七", "C:五五零"
    )
    assert [heard[place] for place in (1, 3, 5, 6)] == ["[银行卡]"] * 4


def test_read_back_and_repetition_are_hidden_and_last_four_may_stay():
    heard = talk("C:我卡号6222023241123407550", "A:六二二二零二三二四一一二三四零七五五零 对吗", "A:尾号7550这张")
    assert heard[1].startswith("[银行卡")
    assert heard[2] == "尾号7550这张"
    assert (
        talk("A:验证码", "C:483920", "A:好的", "A:我看一下 您稍等啊", "C:刚才说了 483920 啊")[4]
        == "刚才说了 [验证码] 啊"
    )


def test_a_leg_with_both_voices_asks_itself():
    assert talk("M:请念一下验证码", "M:嗯 四八三九")[1] == "嗯 [验证码]"


@dataclass
class Word:
    text: str
    start: float
    end: float


def test_spans_say_where_in_text_and_audio():
    text = "验证码 是 四 八 三 九 好的"
    words = [Word(word, float(place), place + 0.9) for place, word in enumerate(text.split())]
    masked = Masker().mask(text, role="customer", language="zh", words=words)
    (span,) = masked.spans
    assert span.kind is Kind.CODE
    assert masked.text[span.start : span.end] == "[验证码]"
    assert text[span.source_start : span.source_end] == "四 八 三 九"
    assert span.audio == (2.0, 5.9)


def test_audio_of_a_word_that_is_not_in_the_text_is_blanked_with_its_neighbour():
    words = [Word("验证码", 0, 1), Word("48", 1, 2), Word("three", 2, 3), Word("好的", 3, 4)]
    masked = Masker().mask("验证码4839好的", role="customer", language="zh", words=words)
    assert masked.spans[0].audio == (1, 3)


def test_nothing_secret_in_its_repr():
    masker = Masker()
    masker.mask("验证码483920", role="customer", language="zh")
    assert "483920" not in repr(masker)


def test_preview_remembers_nothing_and_hides_open_ends():
    masker = Masker()
    assert masker.preview("我这边是幺三八", "customer", "zh") == "我这边是[验证码]"
    assert masker.preview("我这边是六二", "customer", "zh") == "我这边是[数字]"
    assert masker.preview("我想借三万块", "customer", "zh") == "我想借三万块"
    assert masker.mask("五六", role="customer", language="zh").text == "五六"


def test_preview_hides_figures_that_only_look_like_a_sum_so_far():
    assert Masker().preview("text 415.55", "customer", "en") == "text [digits]"
    assert Masker().preview("it is 1234.50 dollars", "customer", "en") == "it is 1234.50 dollars"


def test_a_number_with_a_unit_after_a_code_does_not_save_the_code():
    assert talk("C:我刚收到验证码 4839 2 分钟前") == ["我刚收到验证码 [验证码] 2 分钟前"]
    assert talk("C:i typed my pin 4821 three times", language="en") == ["i typed my pin [password] three times"]
