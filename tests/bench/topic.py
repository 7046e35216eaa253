"""What it helps to know what the talk is about, and what it harms where the talk turns to something else.

    python -m tests.bench.topic --pack kb/packs/zh_bank --models models

Every query is looked up with the topic of its own article, and with another one drawn at random.
"""

import argparse
import json
import random
from dataclasses import replace
from pathlib import Path

from kb.files import Query, read_queries
from suggest.rank import Calibration
from suggest.samples import read_oos
from suggest.suggester import Suggester
from tests.bench.virtual import load_suggester

WEIGHTS = (0.0, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08)


def figures(suggester: Suggester, queries: list[Query], topics: list[str]) -> dict[str, float]:
    """Shares of queries with the right card among those shown, and first; cards per query."""
    shown = [
        [c.article.id for c in suggester.suggest(query.text, topic=[topic]).candidates]
        for query, topic in zip(queries, topics, strict=True)
    ]
    pairs = list(zip(queries, shown, strict=True))
    return {
        "among": round(sum(query.article in cards for query, cards in pairs) / len(pairs), 3),
        "first": round(sum(query.article in cards[:1] for query, cards in pairs) / len(pairs), 3),
        "cards": round(sum(map(len, shown)) / len(pairs), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--intent", default="intent-zh", help="name of the intent model's folder")
    args = parser.parse_args()
    suggester = load_suggester(args.pack, args.models, args.intent)
    queries, oos = read_queries(args.pack / "queries.jsonl"), read_oos(args.pack / "oos_test.jsonl")
    intents = {article.id: article.intent or "" for article in suggester.index.articles}
    own, rng = [intents[query.article] for query in queries], random.Random(0)
    names = sorted(set(intents.values()))
    other = [rng.choice([name for name in names if name != topic]) for topic in own]
    for weight in WEIGHTS:
        suggester.calibration = replace(Calibration(), topic=weight)
        strange = [bool(suggester.suggest(text, topic=[rng.choice(names)]).candidates) for text in oos]
        row = {"own": figures(suggester, queries, own), "other": figures(suggester, queries, other)}
        print(json.dumps({"weight": weight, **row, "shown_for_unwanted": round(sum(strange) / len(strange), 3)}))


if __name__ == "__main__":
    main()
