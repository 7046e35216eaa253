import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.numbers import arabic, english_digits, hanzi, letters_joined
from kb.text import search_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("百分之五", "5%"),
        ("百分之三点八五", "3.85%"),
        ("三点五万", "3.5万"),
        ("三块五", "3.5元"),
        ("两千八", "2800"),
        ("一百五十块", "150块"),
        ("一百零五元", "105元"),
        ("一万二", "12000"),
        ("三亿元", "300000000元"),
        ("三月十五号", "3月15号"),
        ("二零二六年", "2026年"),
        ("下午两点半", "下午2:30"),
        ("九点十五分", "9:15"),
        ("八点钟", "8:00"),
        ("有点问题", "有点问题"),
        ("一点都不懂", "一点都不懂"),
        ("利率三点八五", "利率3.85"),
        ("四点二十到", "4:20到"),
        ("等一下", "等一下"),
        ("千万别", "千万别"),
        ("万一", "万一"),
        ("三块钱", "3块钱"),
    ],
)
def test_chinese_numbers_become_digits(text: str, form: str):
    assert arabic(text) == form


@given(st.integers(0, 99_999_999))
def test_digits_and_back(number: int):
    assert arabic(f"{hanzi(number)}元") == f"{number}元"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "零"), (10, "十"), (105, "一百零五"), (2300, "两千三百"), (10_050, "一万零五十")]
)
def test_said_in_chinese(number: int, said: str):
    assert hanzi(number) == said


def test_what_cannot_be_said_is_refused():
    with pytest.raises(ValueError, match="between"):
        hanzi(-1)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("within thirty days", "within 30 days"),
        ("two thousand five hundred and ten dollars", "2510 dollars"),
        ("my card ends in four two one nine", "my card ends in 4219"),
        ("this one please", "this one please"),
        ("one hundred", "100"),
        ("twenty five percent", "25 percent"),
        ("someone", "someone"),
    ],
)
def test_english_numbers_become_digits(text: str, form: str):
    assert english_digits(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("open the a p p now", "open the app now"),
        ("诶屁屁打不开", "app打不开"),
        ("优盾丢了", "u盾丢了"),
        ("a t m", "atm"),
        ("i a m", "iam"),
        ("a i", "a i"),
        ("have a look", "have a look"),
    ],
)
def test_letters_are_joined(text: str, form: str):
    assert letters_joined(text) == form


def test_the_search_form_has_it_all():
    assert search_form("那个 A P P 里 百分之五 怎么 算") == "app里5%怎么算"
