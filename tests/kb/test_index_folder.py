"""The index without weights: what it keeps on disk, what a change costs, what is gone stays gone."""

import time
from pathlib import Path

import numpy as np
import pytest

from kb import dense as dense_module
from kb import index as index_module
from kb.article import Article
from kb.fusion import FusionWeights
from kb.index import Index
from tests.kb.fakes import LetterEncoder

CHARS = "账单还款逾期挂失补卡密码额度转账利率手续费开户销户年费积分分期贷款提前结清短信提醒"


def cut(text: str) -> list[str]:
    return [text[n : n + 2] for n in range(len(text) - 1)]


def article(number: int, version: int = 1) -> Article:
    rng = np.random.default_rng(number)
    title = "".join(rng.choice(list(CHARS), 8))
    return Article(id=f"a{number}", title=title, questions=(title[::-1],), answer="好的" * version, version=version)


def index_in(folder: Path | None, encoder: LetterEncoder) -> Index:
    return Index(encoder, segmenter=cut, folder=folder)


def test_a_start_encodes_only_what_changed(tmp_path: Path):
    articles = [article(n) for n in range(30)]
    index_in(tmp_path, LetterEncoder()).add(articles)
    again = LetterEncoder()
    index = index_in(tmp_path, again)
    index.add(articles)
    assert again.encoded == []
    index.add([articles[0].model_copy(update={"answer": "不同"})])
    assert "不同" in again.encoded and len(again.encoded) == 3
    assert index.search(articles[7].title)[0].article.id == "a7"


def test_a_loaded_index_answers_as_the_one_that_was_filled(tmp_path: Path):
    articles = [article(n) for n in range(40)]
    first, second = index_in(tmp_path, LetterEncoder()), index_in(tmp_path, LetterEncoder())
    first.add(articles)
    second.add(articles)
    for one in articles[:10]:
        found = [
            [(hit.article.id, hit.score, hit.parts) for hit in i.search(one.title[:5], 10)] for i in (first, second)
        ]
        assert found[0] == found[1]


def test_another_encoder_starts_afresh(tmp_path: Path):
    index_in(tmp_path, LetterEncoder()).add([article(1)])
    other = LetterEncoder("other")
    index_in(tmp_path, other).add([article(1)])
    assert len(other.encoded) == 3


def test_tidying_forgets_what_is_gone(tmp_path: Path):
    index = index_in(tmp_path, LetterEncoder())
    index.add([article(1), article(2)])
    index.remove(["a1"])
    index.tidy()
    again = LetterEncoder()
    index_in(tmp_path, again).add([article(1), article(2)])
    assert len(again.encoded) == 3


def test_what_was_withdrawn_is_never_found_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(index_module, "MOST_DEAD", 5)
    index = index_in(None, LetterEncoder())
    index.add([article(n) for n in range(30)])
    for gone in range(25):
        index.remove([f"a{gone}"])
        assert index.search(article(gone).title, 50) and len(index) == 29 - gone
        assert f"a{gone}" not in {hit.article.id for hit in index.search(article(gone).title, 50)}
        assert index.search(article(29).title)[0].article.id == "a29"
    index.add([article(3, version=2)])
    assert index.search(article(3).title)[0].article.version == 2


def test_a_search_under_way_sees_one_state():
    index = index_in(None, LetterEncoder())
    index.add([article(n) for n in range(10)])
    view = index.dense
    assert view is not None
    index.remove(["a1"])
    index.add([article(50)])
    assert view.alive.all() and len(view.alive) == 10


def test_two_stages_find_what_one_does(monkeypatch: pytest.MonkeyPatch):
    articles = [article(n) for n in range(800)]
    exact = index_in(None, LetterEncoder())
    exact.add(articles)
    monkeypatch.setattr(dense_module, "EXACT_ROWS", 100)
    monkeypatch.setattr(dense_module, "SCANNED_DIMS", 32)
    staged = index_in(None, LetterEncoder())
    staged.add(articles)
    assert exact.dense is not None and staged.dense is not None and staged.dense.basis is not None
    vectors = LetterEncoder().encode([one.title[:6] for one in articles[:30]])
    shared = [len(set(exact.dense.nearest(v, 40)) & set(staged.dense.nearest(v, 40))) for v in vectors]
    assert np.mean(shared) > 0.95 * 40


def test_a_change_costs_what_it_changes():
    index = index_in(None, LetterEncoder())
    index.add([article(n) for n in range(2000)])
    began = time.process_time()
    index.add([article(9000)])
    assert index.search(article(9000).title)[0].article.id == "a9000"
    index.remove(["a9000"])
    assert time.process_time() - began < 0.5


def test_all_phrasings_together_count():
    weights = FusionWeights().with_shares({"sound": 0, "reply": 0, "words": 0, "echo": 0})
    index = Index(LetterEncoder(), segmenter=cut, weights=weights)
    index.add([article(n) for n in range(20)])
    hit = index.search(article(4).title)[0]
    assert hit.article.id == "a4" and hit.parts["centre"] > 0.5


def test_use_moves_the_order_a_little_and_never_the_score():
    index = index_in(None, LetterEncoder())
    index.add([article(n) for n in range(20)])
    asked = article(4).title
    plain, used = index.search(asked, 20), index.search(asked, 20, usage={"a5": 1.0})
    assert {hit.article.id: hit.score for hit in plain} == {hit.article.id: hit.score for hit in used}
    nudges = {hit.article.id: hit.nudge for hit in used}
    assert nudges.pop("a5") > 0 and set(nudges.values()) == {0.0} and used[0].article.id == "a4"
