"""The real encoder and a small trained world, shared by the tests of this room."""

# ruff: noqa: E501 (one line of texts per intent reads best)

from pathlib import Path

import pytest

from kb.article import Article
from kb.index import Index
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.samples import Sample
from suggest.train import train

TEXTS = {
    "parcel_late": "快递怎么还没到|包裹三天了没动静|什么时候能送到|物流一直不更新|我的东西几号到货|派送太慢了|还要等几天收货|催一下快递",
    "refund": "我要退款|钱什么时候退给我|退货以后多久到账|申请退款怎么操作|退的钱没收到|想把东西退了把钱要回来|退款失败了|退款进度查一下",
    "invoice": "帮我开发票|发票抬头写错了|电子发票发到邮箱|发票什么时候开|要专用发票|补开一张发票|发票税号怎么改|没有收到发票",
    "size": "这件衣服偏大吗|我一米七穿什么码|尺码表在哪里|裤子腰围多少|鞋子偏小要不要大一号|体重六十公斤穿多大|码数不合适怎么选|有没有加大码",
    "thanks": "谢谢你|多谢啊|太感谢了|谢谢谢谢|好的谢谢|感谢感谢|辛苦你了|真是麻烦你了谢谢",
}
OOS = "今天天气怎么样|推荐一部电影|你会唱歌吗|附近哪里有川菜馆|明天几点日出|帮我写一首诗|谁是世界杯冠军|地铁二号线末班车|猫为什么怕水|周末去爬山吧"
ARTICLES = (
    Article(id="late", title="快递迟迟不到怎么办", questions=("包裹没有动静",), answer="我帮您催促物流，一般明天更新。", intent="parcel_late"),
    Article(id="refund-time", title="退款多久到账", answer="审核通过后三个工作日内退回原支付方式。", intent="refund"),
    Article(id="refund-how", title="怎么申请退款", answer="在订单里点申请售后，选仅退款或者退货退款。", intent="refund"),
    Article(id="invoice", title="怎么开电子发票", questions=("发票抬头怎么改",), answer="在订单详情里点开票，填抬头和税号。", intent="invoice"),
    Article(id="size", title="尺码怎么选", answer="按身高体重对照尺码表，拿不准就选大一码。", intent="size"),
    Article(id="lost", title="东西丢了怎么办", answer="请先看看代收点，找不到我们给您补发。", intent="parcel_late"),
)  # fmt: skip


def samples() -> list[Sample]:
    return [Sample(text=text, intent=intent) for intent, texts in TEXTS.items() for text in texts.split("|")]


@pytest.fixture(scope="session")
def encoder(models_dir: Path) -> OnnxEncoder:
    return OnnxEncoder(models_dir / "bge-small-zh-tici", cache=4000)


@pytest.fixture(scope="session")
def model(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "intent"
    train(samples(), folder, encoder, oos=OOS.split("|"), silent=["thanks"])
    return folder


@pytest.fixture(scope="session")
def classifier(model: Path, encoder: OnnxEncoder) -> IntentClassifier:
    return IntentClassifier.load(model, encoder)


@pytest.fixture(scope="session")
def index(encoder: OnnxEncoder) -> Index:
    index = Index(encoder)
    index.add(ARTICLES)
    return index
