"""Measure the calibration of `suggest.rank` on any knowledge base, queries and texts that need no card.

    python -m tests.bench.rank --kb articles.jsonl --queries queries.jsonl --samples samples.jsonl --oos oos.jsonl \
        --quiet thanks,goodbye --encoder models/bge-small-zh-tici

Every text's best ten hits become rows: the four inputs of `Calibration`, and whether the hit is right. The weights
are fitted on even rows and measured on odd ones: how often cards come, and how often the first one is right.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from kb.files import read_articles, read_queries
from kb.index import FusionWeights, Index
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.rank import Calibration, inputs
from suggest.samples import read_oos, read_samples
from suggest.suggester import Suggester
from suggest.train import train

NAMES = ("score", "lead", "intent", "known")


def rows_of(suggester: Suggester, text: str, right: str | None) -> tuple[np.ndarray, np.ndarray]:
    hits, known = suggester.look_up(text)
    found = [inputs(hit, hits, known) for hit in hits]
    rows = np.array([[row[name] for name in NAMES] for row in found]).reshape(-1, len(NAMES))
    return rows, np.array([hit.article.id == right for hit in hits], dtype=bool)


def firsts(texts: list[tuple[np.ndarray, np.ndarray]], odds: np.ndarray, bias: float) -> tuple[np.ndarray, np.ndarray]:
    """Confidence of the best hit of each text, and whether it is right."""
    sure, right = [], []
    for rows, truth in texts:
        if not len(rows):
            sure.append(0.0)
            right.append(False)
            continue
        confidence = 1 / (1 + np.exp(-(rows @ odds + bias)))
        best = int(confidence.argmax())
        sure.append(confidence[best])
        right.append(bool(truth[best]))
    return np.array(sure), np.array(right)


def report(wanted: list, unwanted: list, odds: np.ndarray, bias: float) -> None:
    sure, right = firsts(wanted, odds, bias)
    noise, _ = firsts(unwanted, odds, bias)
    for bar in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        shown = sure >= bar
        print(
            json.dumps(
                {
                    "bar": bar,
                    "shown": round(float(shown.mean()), 3),
                    "first_right_when_shown": round(float(right[shown].mean()), 3) if shown.any() else None,
                    "mean_confidence": round(float(sure[shown].mean()), 3) if shown.any() else None,
                    "shown_for_unwanted": round(float((noise >= bar).mean()), 3),
                }
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("kb", "queries", "samples", "oos", "encoder"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--quiet", default="", help="intents without cards, separated by commas")
    parser.add_argument("--intent", type=float, default=FusionWeights.intent, help="fusion weight of the intent")
    args = parser.parse_args()
    quiet = set(filter(None, args.quiet.split(",")))
    encoder = OnnxEncoder(args.encoder, cache=10_000)
    index = Index(encoder, weights=FusionWeights(intent=args.intent))
    index.add(read_articles(args.kb))
    samples, oos = read_samples(args.samples), read_oos(args.oos)
    with tempfile.TemporaryDirectory() as folder:
        # Half of the out-of-scope texts train the model, the other half is left to be measured here.
        train(samples, Path(folder) / "model", encoder, oos=oos[::2], silent=tuple(quiet))
        classifier = IntentClassifier.load(Path(folder) / "model", encoder)
    suggester = Suggester(classifier, index, encoder)
    wanted = [rows_of(suggester, query.text, query.article) for query in read_queries(args.queries)]
    unwanted = [rows_of(suggester, text, None) for text in oos[1::2]]
    even = [*wanted[::2], *unwanted[::2]]
    x, y = np.concatenate([rows for rows, _ in even]), np.concatenate([truth for _, truth in even])
    model = LogisticRegression(C=100.0, max_iter=2000).fit(x, y)
    fitted = {"bias": float(model.intercept_[0]), **dict(zip(NAMES, model.coef_[0].tolist(), strict=True))}
    print("fitted", json.dumps({name: round(value, 2) for name, value in fitted.items()}))
    report(wanted[1::2], unwanted[1::2], model.coef_[0], float(model.intercept_[0]))
    shipped = Calibration()
    print("shipped", shipped)
    report(wanted, unwanted, np.array([getattr(shipped, name) for name in NAMES]), shipped.bias)


if __name__ == "__main__":
    main()
