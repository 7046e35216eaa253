"""Learn the weights of `kb.index`, and what each of its parts is worth, as Markdown.

    python -m tests.bench.fusion [--data ../shared/data] [--models models] [--learn]

The figures are shares of queries whose article came first, and among the first five. `--learn` also prints weights
learned from all worlds, and how well they do in a business that they were not learned from.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from kb.fusion import PARTS
from kb.index import Encoder, FusionWeights, Index
from kb.learn import Lesson, learn, lessons
from kb.lexical import jieba_segmenter
from suggest.encoder import OnnxEncoder
from tests.bench.worlds import World, worlds

ENCODERS = {"zh": "bge-small-zh-tici", "en": "all-minilm-l6-v2"}
EVERY = 40
"""Hits of a query that are weighed anew."""
Recall = tuple[float, float]


class Bench:
    """The worlds, looked up once."""

    def __init__(self, found: Sequence[World], encoders: dict[str, Encoder], weights: FusionWeights) -> None:
        self.weights = weights
        # A part that does not count is not looked at; here all are.
        looked_at = replace(weights, fuzzy=weights.fuzzy or 1e-6)
        self.worlds = found
        segment = jieba_segmenter()
        self.lessons: dict[str, list[Lesson]] = {}
        self.sizes: dict[str, int] = {}
        for world in found:
            index = Index(encoders[world.lang], weights=looked_at, segmenter=segment)
            index.add(world.articles)
            self.lessons[world.name] = lessons(index, world.queries)
            self.sizes[world.name] = len(world.queries)

    def recall(self, name: str, weights: FusionWeights) -> Recall:
        """Shares of a world's queries with the right article first, and among five."""
        shares = np.array([getattr(weights, part) for part in PARTS])
        ranks = []
        for lesson in self.lessons[name]:
            scores = lesson.parts @ shares
            # Whoever says the same of several articles has not found the right one.
            ranks.append(int(np.sum(scores >= scores[lesson.right])) - 1)
        return tuple(sum(rank < places for rank in ranks) / self.sizes[name] for places in (1, 5))  # type: ignore

    def mean(self, weights: FusionWeights, chosen: Callable[[World], bool]) -> Recall:
        """Mean over the chosen worlds."""
        rows = [self.recall(world.name, weights) for world in self.worlds if chosen(world)]
        return tuple(np.mean(rows, axis=0).tolist())  # type: ignore

    def left_out(self) -> dict[str, Recall]:
        """Every world under weights that were learned from the other businesses."""
        found = {}
        for business in {world.business.split()[0] for world in self.worlds}:
            others = [self.lessons[w.name] for w in self.worlds if not w.business.startswith(business)]
            weights = learn(others, self.weights)
            found |= {w.name: self.recall(w.name, weights) for w in self.worlds if w.business.startswith(business)}
        return found


def ablation(bench: Bench) -> list[str]:
    """What is lost without each part, and what single parts find."""
    groups = {
        "zh titles": lambda w: w.lang == "zh" and not w.name.endswith("slips") and "phrasings" not in w.name,
        "zh phrasings": lambda w: w.lang == "zh" and w.name.endswith("phrasings"),
        "zh slips": lambda w: w.name.endswith("slips"),
        "en titles": lambda w: w.lang == "en" and "phrasings" not in w.name,
        "en phrasings": lambda w: w.lang == "en" and "phrasings" in w.name,
    }
    used = [part for part in PARTS if part not in ("intent", "usage")]
    none = replace(bench.weights, **dict.fromkeys(PARTS, 0.0))
    rows = {"all parts": bench.weights}
    rows |= {f"without {part}": replace(bench.weights, **{part: 0.0}) for part in used}
    rows |= {f"{part} alone": replace(none, **{part: 1.0}) for part in used}
    lines = [f"| | {' | '.join(groups)} |", "|---" * (len(groups) + 1) + "|"]
    for name, weights in rows.items():
        cells = [cell(bench.mean(weights, chosen)) for chosen in groups.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def cell(recall: Recall) -> str:
    return " / ".join(f"{100 * share:.1f}" for share in recall)


def by_world(bench: Bench) -> list[str]:
    """Every world with the shipped weights and with weights learned elsewhere."""
    elsewhere = bench.left_out()
    lines = ["| world | articles | queries | shipped | learned elsewhere |", "|---|---|---|---|---|"]
    for world in bench.worlds:
        figures = cell(bench.recall(world.name, bench.weights)), cell(elsewhere[world.name])
        lines.append(f"| {world.name} | {len(world.articles)} | {len(world.queries)} | {figures[0]} | {figures[1]} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--learn", action="store_true")
    args = parser.parse_args()
    encoders = {lang: OnnxEncoder(args.models / name, cache=50_000) for lang, name in ENCODERS.items()}
    bench = Bench(worlds(args.data), encoders, FusionWeights())
    print("\n".join([*by_world(bench), "", *ablation(bench)]))
    if args.learn:
        print(json.dumps(asdict(learn(list(bench.lessons.values()), bench.weights))))


if __name__ == "__main__":
    main()
