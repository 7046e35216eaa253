import pytest

from kb.numbers import arabic
from kb.text import clauses, contrast, normalise, pinyin, search_form, strip_fillers, without_repeats


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ＡＰＰ 打不开！", "app打不开"),
        ("提前 还款 怎么 操作", "提前还款怎么操作"),
        ("Reset my  PIN, please.", "reset my pin please"),
        ("利率5%吗？", "利率5%吗"),
        ("…", ""),
    ],
)
def test_normalise(text: str, form: str):
    assert normalise(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("喂你好我想问一下怎么还款", "怎么还款"),
        ("嗯那个卡丢了", "卡丢了"),
        ("你好", ""),
        ("hello um how do i pay", "how do i pay"),
        ("hire a car", "hire a car"),
        ("我想还款", "我想还款"),
    ],
)
def test_openers_and_fillers(text: str, form: str):
    assert strip_fillers(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("三十天", "30天"),
        ("十天", "10天"),
        ("两万三千元", "23000元"),
        ("幺三八", "138"),
        ("一百二十块", "120块"),
        ("等一下", "等一下"),
        ("万一", "万一"),
        ("七天", "7天"),
        ("千万别", "千万别"),
    ],
)
def test_numerals(text: str, form: str):
    assert arabic(text) == form


def test_sounds_that_the_line_blurs_are_written_alike():
    assert pinyin("主张") == pinyin("组脏") == "zu zan"
    assert pinyin("后四位") == pinyin("后思维")
    assert pinyin("app打不开").split()[0] == "app"


def test_search_form_joins_all():
    assert search_form("喂，你好，三十 天 怎么 算？") == "30天怎么算"


def test_clauses():
    assert clauses("好的，那我放心了。多少钱？") == ["好的", "那我放心了", "多少钱"]
    assert clauses("没有标点") == ["没有标点"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("验证码收到了，可是登不上去", ("验证码收到了，", "登不上去")),
        ("I know but it is late, however I pay", ("I know but it is late,", "I pay")),
        ("码一直发不过来", ("", "码一直发不过来")),
        ("button", ("", "button")),
    ],
)
def test_contrast(text: str, parts: tuple[str, str]):
    assert contrast(text) == parts


@pytest.mark.parametrize(
    ("said", "once"),
    [
        ("怎么怎么还款", "怎么还款"),
        ("提前还款提前还款要手续费吗", "提前还款要手续费吗"),
        ("我我我要挂失", "我要挂失"),
        ("天天扣钱", "天天扣钱"),
        ("六二六二八八八", "六二六二八八八"),
        ("i i want to to close it", "i want to close it"),
        ("that that", "that"),
        ("had 22 22", "had 22 22"),
    ],
)
def test_what_is_said_twice_counts_once(said: str, once: str) -> None:
    assert without_repeats(said) == once
