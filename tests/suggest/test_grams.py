import numpy as np

from suggest.fit import pool, pooled
from suggest.grams import BUCKETS, Grams, counted, fit_grams

FORMS = ["提前还款要手续费吗", "信用卡丢了怎么挂失", "提前还款", "lost my card"]


def rows(forms: list[str]) -> np.ndarray:
    """The counts as a table."""
    texts, table = counted(forms), np.zeros((len(forms), BUCKETS))
    for row, (begin, end) in enumerate(zip(texts.starts[:-1], texts.starts[1:], strict=True)):
        table[row, texts.columns[begin:end]] = texts.values[begin:end]
    return table


def test_homophones_share_what_sounds_alike():
    asked, heard, other = rows(["后四位", "后思维", "提前还款"])
    assert heard @ asked > 2 * (other @ asked)


def test_parts_are_the_texts_by_themselves():
    part, alone = counted(FORMS).part(np.array([3, 1])), counted([FORMS[3], FORMS[1]])
    assert np.array_equal(part.starts, alone.starts) and np.array_equal(part.columns, alone.columns)
    assert np.array_equal(part.values, alone.values)


def test_a_text_without_letters_has_no_opinion():
    grams = fit_grams(counted(FORMS), np.array([0, 1, 0, 1]), 2, 0.3)
    assert np.array_equal(grams.logits(counted([""])), np.zeros((1, 2)))


def test_learns_its_texts():
    grams = fit_grams(counted(FORMS), np.array([0, 1, 0, 1]), 2, 0.1)
    assert grams.logits(counted(FORMS)).argmax(axis=1).tolist() == [0, 1, 0, 1]
    assert np.allclose(grams.scaled(2.0).logits(counted(FORMS)), 2 * grams.logits(counted(FORMS)), atol=1e-2)


def test_of_too_many_texts_some_of_each_label_are_looked_at(monkeypatch):
    monkeypatch.setattr("suggest.grams.MOST", 4)
    grams: Grams = fit_grams(counted([*FORMS, *FORMS]), np.array([0, 1, 0, 1] * 2), 2, 0.1)
    assert grams.logits(counted(FORMS[:2])).argmax(axis=1).tolist() == [0, 1]


def test_the_opinion_that_is_right_counts():
    random, targets = np.random.default_rng(0), np.arange(60) % 3
    right = np.eye(3, dtype=np.float32)[targets] + random.normal(0, 0.2, (60, 3)).astype(np.float32)
    noise = random.normal(0, 1, (60, 3)).astype(np.float32)
    shares = pool([right, noise], targets)
    assert shares[0] > 3 > 0.3 > shares[1] >= 0
    assert (pooled([right, noise], shares).argmax(axis=1) == targets).mean() > 0.9
