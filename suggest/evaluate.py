"""Measuring a model and the index on anyone's files."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kb.article import Article
from kb.files import Query
from kb.index import FusionWeights, Index
from suggest.classifier import IntentClassifier
from suggest.encoder import Encoder
from suggest.samples import Sample

Progress = Callable[[float], None]


@dataclass(frozen=True)
class IntentReport:
    """Shares are 0..1. The last three are None without out-of-scope texts.

    auroc: known against unknown texts by the confidence that the product uses to abstain. accept_rate and
    false_accept_rate: known and unknown texts at or above the model's threshold.
    """

    accuracy: float
    macro_f1: float
    n: int
    ms_per_text_p50: float
    auroc: float | None = None
    accept_rate: float | None = None
    false_accept_rate: float | None = None

    def as_dict(self) -> dict[str, float | int]:
        """For JSON: what was not measured is left out."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class RetrievalReport:
    """r_at_k: share of queries whose article is among the first k. mrr: mean of 1/rank, 0 beyond the tenth."""

    r_at_1: float
    r_at_3: float
    r_at_5: float
    mrr: float
    ms_p50: float
    ms_p95: float
    n: int

    def as_dict(self) -> dict[str, float | int]:
        """For JSON."""
        return asdict(self)


def evaluate_intent(
    classifier: IntentClassifier,
    samples: Sequence[Sample],
    oos: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> IntentReport:
    """Classify every text one by one, encoding included, as in service. Labels new to the model count as wrong."""
    from sklearn.metrics import f1_score, roc_auc_score

    report = progress or (lambda share: None)
    total = len(samples) + len(oos or ())
    found, seconds = [], []
    for number, text in enumerate([*(sample.text for sample in samples), *(oos or ())]):
        started = time.perf_counter()
        found.append(classifier.classify(text))
        seconds.append(time.perf_counter() - started)
        report((number + 1) / total)
    truth, said = [sample.intent for sample in samples], [result.intent for result in found[: len(samples)]]
    basics = {
        "accuracy": float(np.mean([a == b for a, b in zip(truth, said, strict=True)])),
        "macro_f1": float(f1_score(truth, said, labels=sorted(set(truth)), average="macro", zero_division=0)),
        "ms_per_text_p50": 1000 * float(np.median(seconds)),
    }
    if not oos:
        return IntentReport(**basics, n=len(samples))
    confidence = np.array([result.confidence for result in found])
    accepted = np.array([result.known for result in found])
    inside = np.arange(total) < len(samples)
    return IntentReport(
        **basics,
        n=len(samples),
        auroc=float(roc_auc_score(inside, confidence)),
        accept_rate=float(accepted[inside].mean()),
        false_accept_rate=float(accepted[~inside].mean()),
    )


def evaluate_retrieval(
    articles: Sequence[Article],
    queries: Sequence[Query],
    encoder: Encoder,
    *,
    weights: FusionWeights | None = None,
    progress: Progress | None = None,
) -> RetrievalReport:
    """Build a throw-away index and look every query up, encoding included. Raises ValueError for unknown articles."""
    known = {article.id for article in articles}
    for query in queries:
        if query.article not in known:
            raise ValueError(f"a query names article `{query.article}`, which the knowledge base does not hold")
    report = progress or (lambda share: None)
    index = Index(encoder, weights=weights)
    index.add(articles)
    ranks, seconds = [], []
    for number, query in enumerate(queries):
        started = time.perf_counter()
        hits = index.search(query.text, 10)
        seconds.append(time.perf_counter() - started)
        ranks.append(next((place for place, hit in enumerate(hits, 1) if hit.article.id == query.article), 0))
        report((number + 1) / len(queries))
    return _retrieval_report(np.array(ranks), 1000 * np.array(seconds))


def _retrieval_report(
    ranks: "np.ndarray[tuple[int], np.dtype[np.int64]]", ms: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> RetrievalReport:
    found = ranks > 0

    def within(places: int) -> float:
        return float((found & (ranks <= places)).mean())

    return RetrievalReport(
        r_at_1=within(1),
        r_at_3=within(3),
        r_at_5=within(5),
        mrr=float(np.where(found, 1 / np.maximum(ranks, 1), 0.0).mean()),
        ms_p50=float(np.percentile(ms, 50)),
        ms_p95=float(np.percentile(ms, 95)),
        n=len(ranks),
    )
