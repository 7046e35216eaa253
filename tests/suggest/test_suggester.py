import pytest

from kb.index import Index
from suggest.acts import is_backchannel
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.rank import Thresholds
from suggest.suggester import Suggester


@pytest.fixture(scope="module")
def suggester(classifier: IntentClassifier, index: Index, encoder: OnnxEncoder) -> Suggester:
    return Suggester(classifier, index, encoder)


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("喂你好我想问一下怎么申请退款", "refund-how"),
        ("我的包裹一直没有动静", "late"),
        ("帮我开一张电子发票", "invoice"),
        ("嗯好的那我知道了，谢谢你刚才说的那些，还有一个事情就是，电子发票要怎么开", "invoice"),
    ],
)
def test_the_right_card_comes_first(suggester: Suggester, text: str, article: str):
    result = suggester.suggest(text)
    assert not result.abstained and result.reason == ""
    assert result.candidates[0].article.id == article
    assert result.candidates[0].confidence >= suggester.thresholds.first
    assert 1 <= len(result.candidates) <= 3
    assert list(result.candidates) == sorted(result.candidates, key=lambda c: -c.confidence)
    assert result.intent_seconds > 0 and result.retrieval_seconds > 0
    assert result.model == suggester.classifier.card.name and "intent" in result.thresholds


@pytest.mark.parametrize(
    "text", ["", "嗯", "好的好的", "对", "嗯 是的", "哦，知道了", "没有了", "喂，你好", "ok", "谢谢"]
)
def test_backchannels_raise_nothing(suggester: Suggester, text: str):
    result = suggester.suggest(text, context=["我要退款"])
    assert result.abstained and result.candidates == ()


@pytest.mark.parametrize("text", ["没有收到退款", "好的那退款呢", "是不是偏大", "对方没发货"])
def test_short_questions_are_no_backchannels(text: str):
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["今天天气怎么样", "你会唱歌吗", "附近哪里有川菜馆"])
def test_out_of_scope_raises_nothing(suggester: Suggester, text: str):
    result = suggester.suggest(text)
    assert result.abstained and result.candidates == () and result.reason in ("unrelated", "unknown", "unsure")


def test_small_talk_raises_nothing(suggester: Suggester):
    result = suggester.suggest("太感谢了辛苦你了")
    assert result.reason == "small_talk" and result.intent == "thanks" and result.candidates == ()


def test_interims_need_more(classifier: IntentClassifier, index: Index, encoder: OnnxEncoder):
    strict = Suggester(classifier, index, encoder, thresholds=Thresholds(first=0.0, interim=1.0))
    assert strict.suggest("订单里怎么申请退款", interim=True).reason == "unsure"
    assert not strict.suggest("订单里怎么申请退款", interim=False).abstained


def test_context_helps_what_means_little_alone(suggester: Suggester):
    alone = suggester.suggest("那要多久呢")
    assert alone.abstained
    helped = suggester.suggest("那要多久呢", context=["我想问退款到账的时间"])
    assert helped.candidates[0].article.id == "refund-time"


def test_a_question_in_pieces_is_understood_as_a_whole(suggester: Suggester):
    assert suggester.suggest("现在要怎么处理").abstained
    whole = suggester.suggest("现在要怎么处理", turn=["我买的东西", "快递一直没有动静"])
    assert whole.candidates[0].article.id == "late"


def test_the_second_question_of_a_turn_is_not_drowned_by_the_first(suggester: Suggester):
    both = suggester.suggest("另外我要开一张电子发票", turn=["我的退款什么时候能到账"])
    assert both.candidates[0].article.id == "invoice"


def test_assent_and_small_talk_before_a_question_do_not_matter(suggester: Suggester):
    alone = suggester.suggest("怎么申请退款")
    after = suggester.suggest("怎么申请退款", turn=["嗯好的", "太感谢了辛苦你了"])
    assert [c.article.id for c in after.candidates] == [c.article.id for c in alone.candidates]


def test_small_talk_after_a_question_does_not_ask_again(suggester: Suggester):
    assert suggester.suggest("太感谢了辛苦你了", turn=["怎么申请退款"]).abstained


def test_what_follows_a_but_matters_most(suggester: Suggester):
    result = suggester.suggest("我的退款已经到账了可是电子发票一直没有开给我")
    assert result.candidates[0].article.id == "invoice"


def test_the_topic_tips_the_balance_between_near_articles(suggester: Suggester):
    def sure(topic: list[str]) -> float:
        found = suggester.suggest("审核通过以后要等多久呢", topic=topic).candidates
        return max((c.confidence for c in found if c.article.id == "refund-time"), default=0.0)

    assert sure(["refund"]) > sure(["size"])


def test_an_unfinished_text_needs_words_and_gets_one_card(suggester: Suggester):
    assert suggester.suggest("怎么申请退款", interim=True).reason == "too_short"
    assert suggester.suggest("我要退款可是怎么", interim=True).reason == "too_short"
    early = suggester.suggest("我想问一下怎么申请退款要点哪里", interim=True)
    assert [c.article.id for c in early.candidates] == ["refund-how"]


def test_works_without_a_classifier(index: Index, encoder: OnnxEncoder):
    suggester = Suggester(None, index, encoder, max_cards=1)
    result = suggester.suggest("退款多久到账")
    assert [c.article.id for c in result.candidates] == ["refund-time"] and result.intent == "refund"
    assert suggester.suggest("今天天气怎么样").abstained


def test_an_empty_index_has_no_article(classifier: IntentClassifier, encoder: OnnxEncoder):
    assert Suggester(classifier, Index(encoder), encoder).suggest("怎么申请退款").reason == "no_article"


def test_a_follow_up_leans_on_the_question_before_it(suggester: Suggester):
    assert "refund-time" not in [card.article.id for card in suggester.suggest("要几天").candidates]
    leaning = suggester.suggest("要几天", context=["怎么申请退款"], said="在订单里点申请售后。", dealt=["refund-how"])
    assert leaning.candidates[0].article.id == "refund-time"


def test_a_follow_up_may_lean_on_what_the_agent_said(suggester: Suggester):
    leaning = suggester.suggest("那要几天才到账呢", said="您在订单里申请退款就行。")
    assert leaning.candidates[0].article.id == "refund-time"


def test_an_answer_to_the_agent_raises_nothing(suggester: Suggester):
    for text, said in [
        ("上礼拜买的那件", "请问您要退哪一件？"),
        ("就一件", "您买了几件？"),
        ("红色的吧", "您选的什么颜色？"),
    ]:
        assert suggester.suggest(text, context=["我要退款"], said=said).abstained


def test_a_question_after_an_answer_counts(suggester: Suggester):
    asked = suggester.suggest("上周买的，怎么申请退款", context=["我要退款"], said="请问您是哪天买的？")
    assert "refund-how" in [c.article.id for c in asked.candidates]


def test_the_first_words_of_a_talk_are_no_answer(suggester: Suggester):
    assert not suggester.suggest("我的包裹一直没有动静", said="您好，请问有什么可以帮您？").abstained


def test_two_questions_in_one_breath_get_a_card_each_in_their_order(suggester: Suggester):
    for text in ("怎么申请退款，另外电子发票怎么开", "怎么申请退款啊 电子发票 又 怎么 开"):
        assert [c.article.id for c in suggester.suggest(text).candidates] == ["refund-how", "invoice"]
    assert [c.article.id for c in suggester.suggest("电子发票怎么开，还有怎么申请退款").candidates] == [
        "invoice",
        "refund-how",
    ]


def test_one_question_in_two_clauses_gets_no_card_for_its_beginning(suggester: Suggester):
    found = suggester.suggest("我的包裹三天没动静了，怎么还没到").candidates
    assert {c.article.intent for c in found} == {"parcel_late"}


def test_no_two_cards_say_the_same(classifier: IntentClassifier, encoder: OnnxEncoder, index: Index):
    twice = Index(encoder)
    twice.add([*index.articles, index.articles[1].model_copy(update={"id": "refund-again"})])
    found = Suggester(classifier, twice, encoder, thresholds=Thresholds(first=0.1, further=0.01))
    shown = [c.article.id for c in found.suggest("我想问一下退款多久到账").candidates]
    assert len({"refund-time", "refund-again"} & set(shown)) == 1
