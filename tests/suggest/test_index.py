"""The index of `kb` with the real encoder, which lives in this room."""

import threading

import pytest

from kb.article import Article
from kb.fusion import PARTS
from kb.index import FusionWeights, Index
from kb.lexical import jieba_segmenter
from suggest.encoder import OnnxEncoder
from tests.suggest.conftest import ARTICLES


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("退款", "refund-how"),
        ("发票", "invoice"),
        ("尺码", "size"),
        ("我的包裹怎么一点动静都没有", "late"),
        ("钱几天能退回来", "refund-time"),
        ("我一米八穿多大的", "size"),
    ],
)
def test_finds_the_right_article_first(index: Index, text: str, article: str):
    assert index.search(text)[0].article.id == article


@pytest.mark.parametrize(
    ("text", "article"), [("东西 丢人 怎么办", "lost"), ("怎么开 电子 法票", "invoice"), ("吃马怎么选", "size")]
)
def test_homophone_slips_are_forgiven(index: Index, text: str, article: str):
    assert index.search(text)[0].article.id == article


def test_two_character_words_match_as_words(index: Index):
    words = {hit.article.id: hit.parts["words"] for hit in index.search("发票", 10)}
    assert words["invoice"] > 0 and words["size"] == 0


def test_hits_are_scored_sorted_and_explained(index: Index):
    hits = index.search("发票抬头错了", 3)
    assert len(hits) == 3
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].matched == "发票抬头怎么改"
    assert set(hits[0].parts) == set(PARTS)


def test_an_intent_lifts_its_articles(index: Index):
    plain = {hit.article.id: hit.score for hit in index.search("怎么办", 10)}
    lifted = {hit.article.id: hit.score for hit in index.search("怎么办", 10, intents={"size": 0.9})}
    assert lifted["size"] > plain["size"] and lifted["late"] == pytest.approx(plain["late"])


@pytest.mark.parametrize("text", ["", "   ", "。。。", "嗯", "喂你好"])
def test_nothing_to_look_up_finds_nothing(index: Index, text: str):
    assert index.search(text) == []


def test_language_filter_and_limit(encoder: OnnxEncoder):
    index = Index(encoder)
    index.add([*ARTICLES, Article(id="en", title="退款 refund", answer="x", lang="en")])
    assert [hit.article.id for hit in index.search("退款", 5, lang="en")] == ["en"]
    assert len(index.search("退款", 2)) == 2 and index.search("退款", 0) == []


def test_changes_are_visible_at_once(encoder: OnnxEncoder):
    index = Index(encoder)
    assert index.search("退款") == [] and len(index) == 0
    index.add(ARTICLES)
    index.add([Article(id="pet", title="宠物用品能退吗", answer="未拆封可以。"), ARTICLES[0]])
    assert len(index) == len(ARTICLES) + 1
    assert index.search("宠物")[0].article.id == "pet"
    index.add([Article(id="pet", title="会员积分怎么用", answer="下单时抵扣。")])
    assert index.search("积分")[0].article.id == "pet"
    assert all(hit.parts["words"] == 0 for hit in index.search("宠物", 10))
    index.remove(["pet", "never-was"])
    assert "pet" not in {hit.article.id for hit in index.search("积分", 10)}
    index.remove([article.id for article in ARTICLES])
    assert index.search("退款") == []


def test_searches_survive_changes_in_another_thread(encoder: OnnxEncoder):
    index = Index(encoder)
    index.add(ARTICLES)
    extra = [Article(id=f"x{n}", title=f"第{n}个活动怎么参加", answer="见页面。") for n in range(5)]
    done = threading.Event()

    def change() -> None:
        for _ in range(10):
            index.add(extra)
            index.remove([article.id for article in extra])
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    while not done.is_set():
        assert index.search("退款多久到账", 3)[0].article.id == "refund-time"
    thread.join()
    assert len(index) == len(ARTICLES)


def test_segmenters_are_independent_and_cut_long_words():
    one, other = jieba_segmenter(), jieba_segmenter()
    assert one is not other
    assert "发票" in one("电子发票") and one("电子发票") == other("电子发票")


def test_weights_decide(encoder: OnnxEncoder):
    only_words = Index(encoder, weights=FusionWeights(**dict.fromkeys(PARTS, 0.0) | {"words": 1.0}))
    only_words.add(ARTICLES)
    hit = only_words.search("发票")[0]
    assert hit.score == pytest.approx(hit.parts["words"])


def test_words_that_articles_are_tagged_with_are_words(encoder: OnnxEncoder):
    segment = jieba_segmenter()
    assert "金穗分期宝" not in segment("金穗分期宝怎么申请")
    index = Index(encoder, segmenter=segment)
    index.add([Article(id="a", title="怎么申请", answer="在应用里申请。", tags=("金穗分期宝",))])
    assert "金穗分期宝" in segment("金穗分期宝怎么申请")
