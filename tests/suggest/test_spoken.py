import pytest

from suggest.spoken import similarity

REPLY = "您打开晨星APP，点借款，再点还款，选提前结清，核对金额后确认就行。"


def test_said_in_full():
    assert similarity(REPLY, REPLY) == 1.0


def test_homophones_and_extra_words_cost_little():
    said = "好的呢 您 打开 晨兴 点 接款 再 点 还款 选 提前 接清 核对 金额 后 确认 就行 您看可以吗"
    assert similarity(said, REPLY) >= 0.8


def test_half_counts_half():
    assert similarity("您打开晨星APP，点借款，再点还款", REPLY) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("said", ["", "嗯好的", "您好请问有什么可以帮您", "挂失一生效这张卡就不能再刷卡取现和支付了"])
def test_other_talk_is_not_it(said: str):
    assert similarity(said, REPLY) < 0.3


def test_english():
    reply = "You can reset your password on the login page."
    assert similarity("sure you can reset your password on the log in page okay", reply) > 0.7
    assert similarity("what is your account number", reply) < 0.4


def test_nothing_to_say():
    assert similarity("随便", "。。。") == 0.0
