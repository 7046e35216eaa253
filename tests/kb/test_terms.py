"""Terms of texts, and queries as patterns of terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.terms import Pattern, Words, find, index_terms, needs_cutting, patterns, stem


def words(query: str) -> list[str]:
    return ["".join(token.text for token in pattern.tokens) for pattern in patterns(query, list)]


def matches(text: str, pattern: Pattern) -> bool:
    """What the index answers: all terms of the pattern, at their distances."""
    held = [(term.text, term.position) for term in index_terms(text)]
    first = pattern.terms[0]
    starts = [at for held_text, at in held if fits(held_text, first.text, first.prefix)]
    return any(
        all(
            any(fits(t, term.text, term.prefix) and p == at + term.position - first.position for t, p in held)
            for term in pattern.terms
        )
        for at in starts
    )


def fits(held: str, wanted: str, prefix: bool) -> bool:
    return held.startswith(wanted) if prefix else held == wanted


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("我要转账户里的钱", "转账", ["转账"]),
        ("他转，账单来了", "转账", []),
        ("提前 还款 收费吗", "提前还款", ["提前 还款"]),
        ("手续很多，续费也多", "手续费", []),
        ("银行卡", "卡", ["卡"]),
        ("卡片", "卡", ["卡"]),
        ("Two Cards were TRANSFERRED", "card transfer", ["Cards", "TRANSFERRED"]),
        ("discard it", "card", []),
        ("我的ＣＡＲＤ丢了", "card", ["ＣＡＲＤ"]),
        ("你好，请问一下", '"你好请问"', []),
        ("你好，请问一下", '"你好，请问"', ["你好，请问"]),
        ("你好请问一下", '"你好，请问"', ["你好请问"]),
        ("my card is lost", '"card is lost"', ["card is lost"]),
        ("lost is my card", '"card is lost"', []),
        ("卡号[银行卡 尾号1234]吗", "尾号1234", ["尾号", "1234"]),
        ("转账转账", "转账", ["转账转账"]),
    ],
)
def test_what_a_query_finds(text: str, query: str, found: list[str]) -> None:
    wanted = patterns(query, list)
    spans = find(text, wanted)
    joined = ["".join(text[start:end]) for start, end in spans]
    assert "".join(joined) == "".join(found)
    assert all(matches(text, pattern) for pattern in wanted) is bool(found)


def test_words_and_phrases_of_a_query() -> None:
    assert words('转账 "手续 费" Cards，转账') == ["手续费", "转账", "card"]
    assert words("“没有关上的") == ["没有关上的"]
    assert words('，。 ! ""') == []


def test_a_long_run_is_cut_by_jieba_and_a_short_one_is_not() -> None:
    cut = Words()
    found = ["".join(t.text for t in pattern.tokens) for pattern in patterns("提前还款手续费", cut)]
    assert found == ["提前", "还款", "手续费"]
    assert not needs_cutting("转账户")
    assert needs_cutting("提前还款手续费")
    assert not needs_cutting('"提前还款手续费"')


@pytest.mark.parametrize(
    ("forms"),
    [
        ("card", "cards", "card's"),
        ("transfer", "transferred", "transferring"),
        ("close", "closed", "closing"),
        ("fee", "fees"),
        ("apply", "applies"),
        ("address",),
    ],
)
def test_forms_of_an_english_word_are_one_term(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


@given(st.text("转账户，。 ab卡", max_size=12), st.integers(0, 12), st.integers(1, 4))
def test_the_index_and_the_text_always_agree(text: str, at: int, size: int) -> None:
    for pattern in patterns(text[at : at + size], list):
        assert matches(text, pattern) is bool(find(text, [pattern]))
