"""Knowledge bases with queries whose article is known, of several businesses, for measuring how well it finds."""

import csv
import json
import random
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kb.article import Article
from kb.files import Query, read_articles, read_queries
from kb.text import syllables
from suggest.samples import read_samples

PACKS = Path(__file__).parents[2] / "kb/packs"
PARAPHRASES = PACKS.parent / "paraphrases/zh_test.jsonl"
PHRASINGS = 5
SLIPPED = 0.1
"""Share of Chinese characters that a recognizer would write as another of the same sound."""


@dataclass(frozen=True)
class World:
    """A knowledge base and queries to it."""

    name: str
    lang: str
    articles: tuple[Article, ...]
    queries: tuple[Query, ...]

    @property
    def business(self) -> str:
        """What the world is about, whatever is known of it."""
        return self.name.split(", ")[0]


def worlds(data: Path | None) -> list[World]:
    """Both packs, and the public sets that `data` holds; articles as titles only and with five phrasings."""
    found = []
    for lang in ("zh", "en"):
        folder = PACKS / f"{lang}_bank"
        articles, queries = read_articles(folder / "articles.jsonl"), read_queries(folder / "queries.jsonl")
        found += _titles_and_phrasings(World(f"{lang}_bank", lang, tuple(articles), tuple(queries)))
        samples: dict[str, list[str]] = defaultdict(list)
        for sample in read_samples(folder / "samples.jsonl"):
            samples[sample.intent].append(sample.text)
        intents = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))["intents"]
        names = {item["id"]: item[f"name_{lang}"] for item in intents}
        found += _labelled(f"{lang}_bank intents", lang, samples, names, 15)
    found += _paraphrases()
    if data is not None:
        for name, texts, most in (("BANKING77", _banking77(data), 15), ("CLINC150", _clinc150(data), 8)):
            titles = {label: label.replace("_", " ").strip("?") for label in texts}
            found += _labelled(name, "en", texts, titles, most)
    return found + [replace(w, name=f"{w.name}, slips", queries=slipped(w.queries)) for w in found if w.lang == "zh"]


def slipped(queries: Sequence[Query]) -> tuple[Query, ...]:
    """The queries as a recognizer might write them down."""
    texts = slip([query.text for query in queries], SLIPPED, 0)
    return tuple(Query(text=text, article=query.article) for text, query in zip(texts, queries, strict=True))


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


def only_title(article: Article) -> Article:
    """The article with one phrasing."""
    return article.model_copy(update={"title": article.phrasings[0], "questions": ()})


def _titles_and_phrasings(world: World) -> list[World]:
    titles = replace(world, name=f"{world.name}, titles", articles=tuple(map(only_title, world.articles)))
    return [titles, replace(world, name=f"{world.name}, phrasings")]


def _labelled(
    name: str, lang: str, texts: Mapping[str, Sequence[str]], titles: Mapping[str, str], most: int
) -> list[World]:
    """Labels as articles: their name; one of their texts; five of them. `most` other texts each are the queries."""
    rng = random.Random(0)
    named, asked, queries = [], [], []
    for label in sorted(texts):
        own = list(dict.fromkeys(texts[label]))
        rng.shuffle(own)
        if len(own) < 2 * PHRASINGS:
            continue
        # Nothing is known of the replies, so all are alike.
        named.append(Article(id=label, title=titles.get(label) or label, answer="-", lang=lang))
        asked.append(Article(id=label, questions=tuple(own[:PHRASINGS]), answer="-", lang=lang))
        queries += [Query(text=text, article=label) for text in own[PHRASINGS : PHRASINGS + most]]
    return [
        World(f"{name}, titles", lang, tuple(named), tuple(queries)),
        World(f"{name}, one", lang, tuple(map(only_title, asked)), tuple(queries)),
        World(f"{name}, phrasings", lang, tuple(asked), tuple(queries)),
    ]


def _paraphrases() -> list[World]:
    """Groups of questions that mean the same: the first as a title; the first four as phrasings."""
    groups = [json.loads(line)["texts"] for line in PARAPHRASES.read_text(encoding="utf-8").splitlines()]
    made = []
    for name, most in (("titles", 1), ("phrasings", 4)):
        articles = tuple(
            Article(id=str(n), questions=tuple(group[:most]), answer="-", lang="zh") for n, group in enumerate(groups)
        )
        queries = tuple(Query(text=text, article=str(n)) for n, group in enumerate(groups) for text in group[most:])
        made.append(World(f"paraphrases, {name}", "zh", articles, queries))
    return made


def _banking77(data: Path) -> dict[str, list[str]]:
    texts = defaultdict(list)
    with (data / "banking77/train.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            texts[row["category"]].append(row["text"])
    return texts


def _clinc150(data: Path) -> dict[str, list[str]]:
    texts = defaultdict(list)
    parts = json.loads((data / "clinc150/train_val.json").read_text(encoding="utf-8"))
    for name, rows in parts.items():
        if not name.startswith("oos"):
            for text, label in rows:
                texts[label].append(text)
    return texts
