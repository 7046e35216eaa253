"""How long the way from a customer's words to ranked suggestions takes, and how long the index takes to change.

    python -m tests.bench.path [--models models] [--sizes 10000x1,10000x5,100000x1]

Articles are made of the pack's phrasings with words of others mixed in; their vectors are those of the phrasings,
moved at random (encoding hundreds of thousands of texts would take an hour and change nothing of what is measured).
Sentences of about 20 characters are encoded by the real encoder. One thread. Writes a Markdown table.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from threadpoolctl import threadpool_limits

from kb.article import Article
from kb.dense import DenseView
from kb.files import read_articles, read_queries
from kb.index import Index
from kb.lexical import Segmenter, jieba_segmenter
from kb.text import search_form
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.suggester import Suggester
from tests.bench.worlds import PACKS

SENTENCES = 200
MOVED = 0.6
"""How far, against its length, a vector is moved."""


class MovedVectors:
    """Encodes any text in no time: the vector of a phrasing, moved by the text's own noise."""

    def __init__(self, known: np.ndarray) -> None:
        self.fingerprint = "moved"
        self._known = known

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = []
        for text in texts:
            noise = np.random.default_rng(crc32(text.encode()))
            row = self._known[noise.integers(len(self._known))]
            rows.append(row + noise.normal(0, MOVED / len(row) ** 0.5, len(row)))
        found = np.array(rows, np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


@dataclass(frozen=True)
class Row:
    """Times in milliseconds, p50 and p95, unless the name says seconds."""

    articles: int
    phrasings: int
    filled_seconds: float
    loaded_seconds: float
    search: tuple[float, float]
    path: tuple[float, float]
    with_intents: tuple[float, float] | None
    change: float
    recall: float
    megabytes: float


def invented(count: int, phrasings: int, texts: list[str], replies: list[str]) -> list[Article]:
    """Articles that share words as those of one business do."""
    rng = random.Random(0)

    def text() -> str:
        first, second = rng.choice(texts), rng.choice(texts)
        return first[: rng.randint(6, 12)] + second[-rng.randint(3, 8) :]

    return [
        Article(
            id=f"a{n}", title=text(), questions=tuple(text() for _ in range(phrasings - 1)), answer=rng.choice(replies)
        )
        for n in range(count)
    ]


Clock = Callable[[], float]


def times(work: Callable[[str], object], texts: Sequence[str], clock: Clock = time.perf_counter) -> tuple[float, float]:
    """Milliseconds of each call, p50 and p95; the first few calls do not count."""
    taken = []
    for text in [*texts[:10], *texts]:
        began = clock()
        work(text)
        taken.append(1000 * (clock() - began))
    return tuple(np.percentile(taken[10:], [50, 95]).tolist())  # type: ignore


def recall(view: DenseView, vectors: np.ndarray, limit: int = 40) -> float:
    """Share of the nearest articles of an exact scan that the two stages find."""
    everything = np.arange(len(view.alive))
    found = []
    for vector in vectors:
        near = view.near(vector, everything)
        top = np.maximum.reduceat(near.dense, np.cumsum(near.sizes) - near.sizes)
        fused = view.shares.dense * top + view.shares.centre * near.centre + view.shares.reply * near.reply
        exact = set(np.argsort(-fused)[:limit].tolist())
        found.append(len(exact & set(view.nearest(vector, limit).tolist())) / limit)
    return float(np.mean(found))


def change(index: Index, article: Article, query: str, vector: np.ndarray) -> float:
    """Milliseconds until an article is added and found, edited and found, withdrawn and gone; the slowest."""
    slowest = 0.0
    for step, expected in (
        (lambda: index.add([article]), True),
        (lambda: index.add([article.model_copy(update={"answer": "。"})]), True),
        (lambda: index.remove([article.id]), False),
    ):
        began = time.perf_counter()
        step()
        hits = {hit.article.id for hit in index.search(query, 10, vector=vector)}
        slowest = max(slowest, 1000 * (time.perf_counter() - began))
        assert (article.id in hits) is expected
    return slowest


def measure(
    articles: list[Article],
    moved: MovedVectors,
    encoder: OnnxEncoder,
    intents: Path | None,
    said: list[str],
    cut: Segmenter,
    clock: Clock,
) -> Row:
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        began = time.perf_counter()
        Index(moved, segmenter=cut, folder=Path(folder)).add(articles)
        filled = time.perf_counter() - began
        began = time.perf_counter()
        index = Index(moved, segmenter=cut, folder=Path(folder))
        index.add(articles)
        loaded = time.perf_counter() - began
        vectors = {text: encoder.encode([text])[0] for text in said}
        plain = Suggester(None, index, encoder, lang="zh")
        trained = IntentClassifier.load(intents, encoder) if intents is not None and intents.is_dir() else None
        own = Article(id="own", title=said[0], answer="-")
        view = index.dense
        return Row(
            articles=len(articles),
            phrasings=len(articles[0].phrasings),
            filled_seconds=filled,
            loaded_seconds=loaded,
            search=times(lambda text: index.search(text, 10, vector=vectors[text]), said, clock),
            path=times(plain.suggest, said, clock),
            with_intents=times(Suggester(trained, index, encoder, lang="zh").suggest, said, clock) if trained else None,
            change=change(index, own, said[0], moved.encode([search_form(said[0])])[0]),
            recall=recall(view, np.stack([vectors[text] for text in said[:50]])) if view else 1.0,
            megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )


def table(rows: Sequence[Row]) -> list[str]:
    def pair(ms: tuple[float, float] | None) -> str:
        return f"{ms[0]:.1f} / {ms[1]:.1f}" if ms else "-"

    lines = [
        "| articles | phrasings | filled s (encoder's time on top) | loaded s | search ms p50 / p95 "
        "| whole path ms p50 / p95 | with intents ms p50 / p95 | change seen ms | recall@40 | process MB |",
        "|---" * 10 + "|",
    ]
    lines += [
        f"| {row.articles} | {row.phrasings} | {row.filled_seconds:.1f} | {row.loaded_seconds:.1f} "
        f"| {pair(row.search)} | {pair(row.path)} | {pair(row.with_intents)} | {row.change:.0f} "
        f"| {100 * row.recall:.1f}% | {row.megabytes:.0f} |"
        for row in rows
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--sizes", default="10000x1,10000x5,20000x5,100000x1")
    parser.add_argument("--busy", action="store_true", help="count CPU time: the machine does other work as well")
    args = parser.parse_args()
    encoder = OnnxEncoder(args.models / "bge-small-zh-tici", cache=0)
    own = read_articles(PACKS / "zh_bank/articles.jsonl")
    texts = [text for article in own for text in article.phrasings]
    queries = [query.text for query in read_queries(PACKS / "zh_bank/queries.jsonl")]
    said = sorted(dict.fromkeys(queries), key=lambda text: abs(len(text) - 20))[:SENTENCES]
    moved, cut = MovedVectors(encoder.encode(texts[:400])), jieba_segmenter()
    clock = time.thread_time if args.busy else time.perf_counter
    rows = []
    for size in args.sizes.split(","):
        count, phrasings = map(int, size.split("x"))
        articles = invented(count, phrasings, texts, [article.reply for article in own])
        rows.append(measure(articles, moved, encoder, args.models / "intent-zh", said, cut, clock))
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main()
