"""How long each step takes on one thread."""

import time
from collections.abc import Callable
from functools import partial

from threadpoolctl import threadpool_limits

from kb.files import read_articles
from kb.index import Index
from suggest.card import read_model
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder, Vectors
from suggest.forms import model_form
from suggest.suggester import Suggester
from suggest.train import Mode
from tests.bench import path
from tests.bench.quality.bench import ENCODERS, Bench, PackData
from tests.bench.quality.tables import pair, table

SIZES = ((10_000, 1), (10_000, 5), (100_000, 1))
QUICK_SIZES = ((1_000, 1),)
SENTENCES = 200
LENGTHS = {"zh": 20, "en": 40}
"""Characters of the sentences that are timed."""


def section(bench: Bench) -> list[str]:
    """Steps for both languages; the whole path against sizes of the knowledge base."""
    with threadpool_limits(1):
        rows = [row for lang in ENCODERS for row in _steps(bench, bench.pack(lang))]
        sizes = _sizes(bench)
    return [
        "One thread, nothing cached. Sentences: the packs' queries that are nearest to 20 characters (Chinese) or 40",
        "(English). A model of mode `full` runs two encoders.",
        "",
        *table(["step", "pack", "ms p50 / p95"], rows),
        "The whole path (text in, ranked suggestions out) against made-up articles (`tests/bench/path.py`), without",
        "and with a classifier of mode `head`:",
        "",
        *sizes,
        "",
    ]


def _steps(bench: Bench, pack: PackData) -> list[list[str]]:
    encoder, said, name = _fresh(bench, pack.lang), _said(bench, pack), pack.folder.name
    vectors = {text: encoder.encode([model_form(text)])[0] for text in said}
    index = Index(encoder, segmenter=bench.segmenter())
    index.add(read_articles(pack.folder / "articles.jsonl"))
    rows: dict[str, Callable[[str], object]] = {
        "encode": lambda text: encoder.encode([model_form(text)]),
        f"search {len(index)} articles, encoded already": lambda text: index.search(text, 10, vector=vectors[text]),
    }
    for mode in bench.modes:
        classifier = _uncached(bench, pack, mode, encoder)
        suggester = Suggester(classifier, index, encoder, lang=pack.lang)
        rows[f"classify, {mode}, encoded already"] = partial(_classify, classifier, vectors)
        rows[f"whole path, {mode}, {len(index)} articles"] = suggester.suggest
    return [[step, name, pair(path.times(work, said))] for step, work in rows.items()]


def _classify(classifier: IntentClassifier, vectors: dict[str, Vectors], text: str) -> object:
    return classifier.classify(text, vectors[text])


def _sizes(bench: Bench) -> list[str]:
    """The whole path against many articles, in Chinese."""
    pack, encoder = bench.pack("zh"), _fresh(bench, "zh")
    own = read_articles(pack.folder / "articles.jsonl")
    texts = [text for article in own for text in article.phrasings]
    moved, rows = path.MovedVectors(bench.encoder("zh").encode(texts[:400])), []
    intents = bench.pack_folder(pack, "head")
    for count, phrasings in QUICK_SIZES if bench.quick else SIZES:
        articles = path.invented(count, phrasings, texts, [article.reply for article in own])
        rows.append(
            path.measure(articles, moved, encoder, intents, _said(bench, pack), bench.segmenter(), time.perf_counter)
        )
    return path.table(rows)


def _uncached(bench: Bench, pack: PackData, mode: Mode, encoder: OnnxEncoder) -> IntentClassifier:
    folder = bench.pack_folder(pack, mode)
    head, card = read_model(folder)
    return IntentClassifier(head, card, encoder, OnnxEncoder(folder, cache=0) if card.mode == "full" else None)


def _fresh(bench: Bench, lang: str) -> OnnxEncoder:
    return OnnxEncoder(bench.encoder(lang).folder, cache=0)


def _said(bench: Bench, pack: PackData) -> list[str]:
    texts = sorted({query.text for query in pack.queries}, key=lambda t: (abs(len(t) - LENGTHS[pack.lang]), t))
    return texts[: 40 if bench.quick else SENTENCES]
