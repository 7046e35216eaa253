"""Retrieval against what its parts find alone, and the ablation."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.fusion import FusionWeights
from kb.index import Encoder, Index
from kb.lexical import Lexical, words_of
from kb.text import normalise, search_form
from tests.bench import fusion
from tests.bench.quality.bench import Bench
from tests.bench.quality.metrics import Floats, ranks, recall
from tests.bench.quality.tables import share, table
from tests.bench.worlds import World, worlds

SHOWN = ("paraphrases", "zh_bank, titles", "zh_bank, phrasings", "en_bank, titles", "en_bank, phrasings", "BANKING77, ")
HITS = 10
ABLATED = 400
"""Queries of each world that the ablation looks up."""


def baselines(bench: Bench) -> list[str]:
    """Each world with single methods and with the index."""
    rows = []
    for world in _worlds(bench):
        if world.name.startswith(SHOWN):
            for name, places in _methods(bench, world).items():
                figures = [share(recall(places, most)) for most in (1, 3, 5)]
                rows.append([world.name, f"{len(world.articles)} / {len(world.queries)}", name, *figures])
    skipped = [] if bench.data else ["BANKING77 as articles was skipped: no `--data DIR`.", ""]
    return [
        "Nothing is trained on these articles and no classifier helps. BM25: tantivy over words of phrasings and",
        "reply. Dense: cosine to the nearest phrasing on the encoder as it is. Fuzzy: rapidfuzz ratio to the nearest",
        "phrasing (English: with words sorted). BANKING77 as articles: the label's name (titles), one of its texts",
        "(one), or five (phrasings); others of its texts are the queries. `slips`: a tenth of the characters replaced",
        "by homophones.",
        "",
        *skipped,
        *table(["articles", "articles / queries", "method", "first %", "among 3 %", "among 5 %"], rows),
    ]


def ablation(bench: Bench) -> list[str]:
    """What each part of the fusion is worth, as `tests.bench.fusion` measures it."""
    found = [replace(world, queries=tuple(bench.some(world.queries, 40, ABLATED))) for world in _worlds(bench)]
    encoders: dict[str, Encoder] = {lang: bench.encoder(lang) for lang in {world.lang for world in found}}
    measured = fusion.Bench(found, encoders, FusionWeights())
    return [
        "Right first / among five, in percent; means over worlds of a kind (each part left out, and alone).",
        "",
        *fusion.ablation(measured),
        "",
        "Each world with the shipped weights, and with weights learned from the other businesses only:",
        "",
        *fusion.by_world(measured),
        "",
    ]


def _worlds(bench: Bench) -> list[World]:
    found = worlds(bench.data if bench.data and (bench.data / "banking77").is_dir() else None)
    return [_smaller(world, bench) for world in found] if bench.quick else found


def _smaller(world: World, bench: Bench) -> World:
    articles = tuple(sorted(world.articles, key=lambda article: article.id)[:40])
    ids = {article.id for article in articles}
    queries = bench.some([query for query in world.queries if query.article in ids], 40)
    return replace(world, articles=articles, queries=tuple(queries))


def _methods(bench: Bench, world: World) -> dict[str, list[int]]:
    """The places of the right articles by each method; 0 is not found."""
    texts, owners = _phrasings(world)
    numbers = {article.id: number for number, article in enumerate(world.articles)}
    right = [numbers[query.article] for query in world.queries]
    asked = [search_form(query.text) or query.text for query in world.queries]
    encoder = bench.encoder(world.lang)
    dense = encoder.encode(asked) @ encoder.encode(texts).T
    return {
        "BM25": _bm25(bench, world),
        "fuzzy": ranks(_per_article(_fuzzy(asked, texts, world.lang), owners), right).tolist(),
        "dense": ranks(_per_article(dense, owners), right).tolist(),
        "Tici": _index(bench, world),
    }


def _phrasings(world: World) -> tuple[list[str], np.ndarray]:
    pairs = [(search_form(t) or normalise(t) or t, n) for n, a in enumerate(world.articles) for t in a.phrasings]
    return [text for text, _ in pairs], np.array([number for _, number in pairs])


def _per_article(scores: NDArray[Any], owners: np.ndarray) -> Floats:
    """The best phrasing's score of each article; phrasings of one article adjoin."""
    starts = np.flatnonzero(np.r_[True, np.diff(owners) > 0])
    return np.asarray(np.maximum.reduceat(scores, starts, axis=1))


def _fuzzy(asked: Sequence[str], texts: Sequence[str], lang: str) -> Floats:
    from rapidfuzz import fuzz, process

    scorer = fuzz.ratio if lang == "zh" else fuzz.token_sort_ratio
    return np.asarray(process.cdist(asked, texts, scorer=scorer, dtype=np.float32))


def _bm25(bench: Bench, world: World) -> list[int]:
    segment = bench.segmenter()
    words = Lexical(segment, reply_boost=FusionWeights().reply_boost)
    snapshot = words.update([], {article.id: words_of(article, segment) for article in world.articles})
    places = []
    for query in world.queries:
        found = words.search(snapshot, query.text, HITS)
        order = sorted(found, key=lambda name: (-found[name], name))
        places.append(order.index(query.article) + 1 if query.article in found else 0)
    return places


def _index(bench: Bench, world: World) -> list[int]:
    index = Index(bench.encoder(world.lang), segmenter=bench.segmenter())
    index.add(world.articles)
    places = []
    for query in world.queries:
        hits = [hit.article.id for hit in index.search(query.text, HITS)]
        places.append(hits.index(query.article) + 1 if query.article in hits else 0)
    return places
