"""What agents did before: bounded, explained, and never above what the words say clearly."""

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.article import Article
from kb.fusion import FusionWeights, settled
from kb.index import Hit, Index
from suggest.encoder import OnnxEncoder
from suggest.rank import Calibration, choose, rank
from suggest.usage import ACTS, Counts, Reason, Tally, prior, reasons
from tests.kb.fakes import LetterEncoder

PACK = Path(__file__).resolve().parents[2] / "kb" / "packs" / "zh_bank"
MARGIN = FusionWeights().margin
tallies = st.integers(0, 10_000).flatmap(lambda n: st.builds(Tally, st.just(n), st.floats(0, n)))
counts = st.dictionaries(st.sampled_from(ACTS), tallies)


def done(**acts: int) -> Counts:
    return {act: Tally(n, float(n)) for act, n in acts.items()}  # type: ignore[misc]


@given(counts)
def test_the_prior_is_bounded_and_explained_whenever_it_moves(found: Counts):
    assert 0 < prior(found) < 1
    if prior(found) != 0.5:
        assert reasons(found)


def test_few_acts_move_nothing_and_more_move_more():
    assert prior(done(sent=4)) == 0.5 and reasons(done(sent=4)) == []
    assert 0.5 < prior(done(sent=5)) < prior(done(sent=50)) < 1
    assert prior(done(not_right=6)) < prior(done(dismissed=6)) < prior(done(ignored=6)) < 0.5
    assert prior({"sent": Tally(50, 2.0)}) < prior({"sent": Tally(50, 50.0)}), "long ago counts less"


def test_reasons_are_counts_of_acts():
    assert reasons(done(sent=14, dismissed=2)) == [Reason("sent", 14)]
    assert reasons(done(sent=2, not_right=9)) == [Reason("not_right", 9), Reason("sent", 2)]


def hits(scores: list[float], usage: list[float], intents: list[int]) -> list[Hit]:
    nudges = [MARGIN * (u - 0.5) for u in usage]
    made = [Article(id=f"a{n}", title="t", answer="x", intent=f"i{i}") for n, i in enumerate(intents)]
    return [Hit(a, s, "t", {"usage": u}, d) for a, s, u, d in zip(made, scores, usage, nudges, strict=True)]


@given(st.data(), st.integers(2, 10), st.floats(0, 1))
def test_an_article_clearly_ahead_stays_first(data: st.DataObject, n: int, known: float):
    rest = data.draw(st.lists(st.floats(0, 0.9 - MARGIN), min_size=n - 1, max_size=n - 1))
    first = data.draw(st.floats(max(rest) + 1.001 * MARGIN, 1.0))
    usage = data.draw(st.lists(counts.map(prior), min_size=n, max_size=n))
    intents = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    ranked = rank(hits([first, *rest], usage, intents), known, Calibration())
    assert ranked[0].article.id == "a0"
    plain = rank(hits([first, *rest], [0.5] * n, intents), known, Calibration())
    assert {c.article.id: c.confidence for c in ranked} == {c.article.id: c.confidence for c in plain}


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1))))
def test_settling_keeps_every_place_with_its_intent(items: list[tuple[int, float]]):
    order = settled(items, lambda item: str(item[0]) if item[0] else None, lambda item: item[1])
    assert [item[0] for item in order] == [item[0] for item in items] and sorted(order) == sorted(items)


@given(st.lists(counts.map(prior), min_size=8, max_size=8), st.integers(0, 7))
def test_the_index_never_puts_a_liked_article_above_one_clearly_ahead(small: Index, priors: list[float], asked: int):
    title = small.articles[asked].title
    usage = {f"a{n}": value for n, value in enumerate(priors)}
    plain, used = small.search(title, 8), small.search(title, 8, usage=usage)
    assert {h.article.id: h.score for h in plain} == {h.article.id: h.score for h in used}
    if plain[0].score - plain[1].score > MARGIN:
        assert used[0].article.id == plain[0].article.id


@pytest.fixture(scope="module")
def small() -> Index:
    index = Index(LetterEncoder(), segmenter=list)
    titles = ["信用卡年费", "信用卡年费怎么免", "信用卡还款", "还款日", "还款日能改吗", "挂失", "挂失费", "挂失怎么办"]
    index.add([Article(id=f"a{n}", title=t, answer="好。", intent="cards") for n, t in enumerate(titles)])
    return index


def test_nearly_even_cards_of_one_intent_are_settled_by_use_and_an_interim_is_not():
    nearly = hits([0.800, 0.799], [0.1, 0.9], [1, 1])
    ranked = rank(nearly, 0.9, Calibration())
    assert [c.article.id for c in ranked] == ["a1", "a0"]
    assert [c.article.id for c in choose(ranked, 0.1, 0.1, 1)] == ["a0"]
    other = rank(hits([0.800, 0.799], [0.1, 0.9], [1, 2]), 0.9, Calibration())
    assert [c.article.id for c in other] == ["a0", "a1"], "what answers another question does not come before it"


def test_popularity_costs_at_most_half_a_point_on_real_questions(encoder: OnnxEncoder):
    articles = [Article.model_validate_json(line) for line in (PACK / "articles.jsonl").read_text("utf-8").splitlines()]
    asked = [json.loads(line) for line in (PACK / "queries.jsonl").read_text("utf-8").splitlines()]
    index = Index(encoder)
    index.add(articles)
    found = [(one["article"], index.search(one["text"], 10)) for one in asked]
    wrong: dict[str, int] = {}
    for right, best in found:
        for hit in best[:5]:
            wrong[hit.article.id] = wrong.get(hit.article.id, 0) + (-1 if hit.article.id == right else 1)

    def right_first(usage: Mapping[str, float]) -> float:
        return sum(_first(best, usage) == right for right, best in found) / len(found)

    plain = right_first({})
    drawn = random.Random(4)
    popular = [{a.id: drawn.random() for a in articles} for _ in range(10)]
    for usage in [{name: float(n > 0) for name, n in wrong.items()}, *popular]:
        assert right_first(usage) >= plain - 0.005


def _first(best: list[Hit], usage: Mapping[str, float]) -> str:
    """The first hit of the same search with other usage: the scores know nothing of it."""

    def place(hit: Hit) -> float:
        return hit.score + MARGIN * (usage.get(hit.article.id, 0.5) - 0.5)

    return settled(best, lambda hit: hit.article.intent, place)[0].article.id
