"""Measure the fusion weights of `kb.index` on any knowledge base and queries.

    python -m tests.bench.fusion --kb articles.jsonl --queries queries.jsonl --encoder models/bge-small-zh-v1.5

Four conditions: the articles whole or with their first phrasing only, and the queries as they are or with every
tenth Chinese character replaced by another of the same sound, as a recognizer would slip.
"""

import argparse
import itertools
import json
import random
from collections import defaultdict
from pathlib import Path

import numpy as np

from kb.article import Article
from kb.files import Query, read_articles, read_queries
from kb.index import FusionWeights, Index
from kb.text import syllables
from suggest.encoder import OnnxEncoder

PARTS = ("dense", "sound", "fuzzy", "words", "reply")
GRID = {
    "sound": (0.0, 0.1, 0.2, 0.3),
    "fuzzy": (0.0, 0.05, 0.1, 0.2),
    "words": (0.0, 0.05, 0.1, 0.2),
    "reply": (0.0, 0.2, 0.3, 0.5),
}


def slip(texts: list[str], rate: float, seed: int) -> list[str]:
    """Replace characters by others that sound alike, drawn from the texts themselves."""
    alike = defaultdict(list)
    for char in sorted(set("".join(texts))):
        if "\u4e00" <= char <= "\u9fff":
            alike[syllables(char)[0]].append(char)
    rng = random.Random(seed)

    def one(char: str) -> str:
        others = [c for c in alike.get(syllables(char)[0], []) if c != char] if "\u4e00" <= char <= "\u9fff" else []
        return rng.choice(others) if others and rng.random() < rate else char

    return ["".join(one(char) for char in text) for text in texts]


def parts_of(index: Index, queries: list[Query], texts: list[str]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per query the parts of every hit, shape (hits, parts), and which hit is right."""
    rows = []
    for query, text in zip(queries, texts, strict=True):
        hits = index.search(text, len(index))
        parts = np.array([[hit.parts[name] for name in PARTS] for hit in hits])
        rows.append((parts, np.array([hit.article.id == query.article for hit in hits])))
    return rows


def recall(rows: list[tuple[np.ndarray, np.ndarray]], weights: np.ndarray, places: int) -> float:
    found = 0
    for parts, right in rows:
        best = np.argsort(-(parts @ weights), kind="stable")[:places]
        found += bool(right[best].any())
    return found / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--reply-boost", type=float, default=FusionWeights.reply_boost)
    parser.add_argument("--half-words", type=float, default=FusionWeights.half_words)
    args = parser.parse_args()
    whole, queries = read_articles(args.kb), read_queries(args.queries)
    titles = [Article(**{**a.model_dump(), "title": a.phrasings[0], "questions": ()}) for a in whole]
    clean = [query.text for query in queries]
    texts = {"clean": clean, "slips": slip(clean, 0.1, 0)}
    encoder = OnnxEncoder(args.encoder, cache=10_000)
    weights = FusionWeights(fuzzy=1e-6, reply_boost=args.reply_boost, half_words=args.half_words)
    data = {}
    for name, articles in (("whole", whole), ("titles", titles)):
        index = Index(encoder, weights=weights)
        index.add(articles)
        for kind, said in texts.items():
            data[f"{name}/{kind}"] = parts_of(index, queries, said)
    for shares in itertools.product(*GRID.values()):
        tried = np.array([1.0, *shares])
        figures = {name: [round(recall(rows, tried, k), 4) for k in (1, 3)] for name, rows in data.items()}
        mean = round(float(np.mean([value for pair in figures.values() for value in pair])), 4)
        print(json.dumps(dict(zip(GRID, shares, strict=True)) | {"mean": mean} | figures))


if __name__ == "__main__":
    main()
