"""The seed packs: references resolve, counts hold, nothing leaks between a pack's sets."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz

from kb.pack import Pack, load_pack

PACKS = Path(__file__).resolve().parents[2] / "kb" / "packs"
SMALL_TALK = {"greeting", "thanks", "goodbye", "acknowledge"}
SETS = ("samples.jsonl", "samples_test.jsonl", "oos.jsonl", "oos_test.jsonl", "queries.jsonl")


@dataclass(frozen=True)
class Promise:
    """What a pack's README says of its size: least counts, and the length of an answer in characters."""

    lang: str
    intents: int
    articles: int
    answer: tuple[int, int]
    samples: int
    oos: int
    oos_test: int
    like_a_recogniser: float
    wrap_up: int


PROMISES = {
    "zh_bank": Promise("zh", 90, 250, (30, 90), 40, 1400, 600, like_a_recogniser=0.33, wrap_up=15),
    "en_bank": Promise("en", 60, 120, (80, 320), 25, 500, 200, like_a_recogniser=0.33, wrap_up=0),
}


def rows(pack: Pack, name: str) -> list[dict[str, Any]]:
    with (pack.folder / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def normal(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def texts(pack: Pack, name: str) -> list[str]:
    return [normal(row["text"]) for row in rows(pack, name)]


def near(new: list[str], known: list[str], above: float = 92.0) -> list[str]:
    """The new texts that are almost a known one."""
    return [text for text in new if max(fuzz.ratio(text, other) for other in known) > above]


@pytest.fixture(scope="module", params=sorted(PROMISES))
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(PACKS / request.param)


@pytest.fixture(scope="module")
def promise(pack: Pack) -> Promise:
    return PROMISES[pack.name]


def test_every_pack_here_is_tested() -> None:
    assert {path.parent.name for path in PACKS.glob("*/pack.toml")} == set(PROMISES)


def test_header(pack: Pack, promise: Promise) -> None:
    assert pack.name == pack.folder.name
    assert pack.version == "1"
    assert pack.lang == promise.lang
    assert pack.title_zh and pack.title_en
    assert 'licence = "Apache-2.0' in (pack.folder / "pack.toml").read_text(encoding="utf-8")


def test_intents(pack: Pack, promise: Promise) -> None:
    assert len({intent.id for intent in pack.intents}) == len(pack.intents) >= promise.intents
    for intent in pack.intents:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", intent.id)
        assert intent.name_zh and intent.name_en
    assert pack.silent_intents == SMALL_TALK


def test_one_intent_has_one_name_in_all_packs() -> None:
    names: dict[str, set[tuple[str, str, bool]]] = {}
    for name in PROMISES:
        for intent in load_pack(PACKS / name).intents:
            names.setdefault(intent.id, set()).add((intent.name_zh, intent.name_en, intent.cards))
    assert {key: found for key, found in names.items() if len(found) > 1} == {}


def test_wrap_up_tree(pack: Pack, promise: Promise) -> None:
    """That parents are codes listed above their children is checked by `load_pack`."""
    assert len({entry.code for entry in pack.wrap_up}) == len(pack.wrap_up) >= promise.wrap_up
    assert all(entry.name_zh and entry.name_en for entry in pack.wrap_up)


def test_articles(pack: Pack, promise: Promise) -> None:
    articles = rows(pack, "articles.jsonl")
    assert len({article["id"] for article in articles}) == len(articles) >= promise.articles
    assert len({article["title"] for article in articles}) == len(articles)
    shortest, longest = promise.answer
    for article in articles:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", article["id"])
        assert article["lang"] == promise.lang
        assert 4 <= len(article["questions"]) <= 6, article["id"]
        assert shortest <= len(article["answer"]) <= longest, article["id"]
        assert not re.search(r"[\d\n]", article["answer"]), f"{article['id']}: not as it is said"
        assert article["tags"] and all(isinstance(tag, str) for tag in article["tags"])
        assert article.get("answer_text") != article["answer"], article["id"]
    assert sum("answer_text" in article for article in articles) >= 10


def test_article_ids_are_unique_across_packs() -> None:
    ids = [article.id for name in PROMISES for article in load_pack(PACKS / name).articles]
    assert len(set(ids)) == len(ids)


def test_every_card_intent_has_an_article(pack: Pack) -> None:
    answered = {article.intent for article in pack.articles}
    assert answered == {intent.id for intent in pack.intents if intent.cards}


@pytest.mark.parametrize("name", ["samples.jsonl", "samples_test.jsonl"])
def test_samples(name: str, pack: Pack, promise: Promise) -> None:
    count = Counter(row["intent"] for row in rows(pack, name))
    assert set(count) == {intent.id for intent in pack.intents}
    least = promise.samples if name == "samples.jsonl" else 6
    assert min(count.values()) >= least, count.most_common()[-3:]


def test_samples_are_often_written_as_a_recogniser_writes(pack: Pack, promise: Promise) -> None:
    said = [row["text"] for row in rows(pack, "samples.jsonl")]
    plain = [text for text in said if text == text.lower() and not re.search(r"[^\w\s']|\d", text)]
    assert len(plain) >= promise.like_a_recogniser * len(said)


def test_queries(pack: Pack) -> None:
    count = Counter(row["article"] for row in rows(pack, "queries.jsonl"))
    assert set(count) == {article.id for article in pack.articles}
    assert min(count.values()) >= 2


@pytest.mark.parametrize("name", ["oos.jsonl", "oos_test.jsonl"])
def test_out_of_scope(name: str, pack: Pack, promise: Promise) -> None:
    out = rows(pack, name)
    assert len(out) >= (promise.oos if name == "oos.jsonl" else promise.oos_test)
    assert all(set(row) == {"text"} for row in out)


def test_no_text_appears_twice(pack: Pack) -> None:
    where: dict[str, list[str]] = {}
    for name in SETS:
        for text in texts(pack, name):
            where.setdefault(text, []).append(name)
    for article in pack.articles:
        asked = [normal(question) for question in article.questions]
        title = normal(article.title)
        for text in asked + [title] * (title not in asked):
            where.setdefault(text, []).append(article.id)
    assert {text: names for text, names in where.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("held_out", "train"), [("samples_test.jsonl", "samples.jsonl"), ("oos_test.jsonl", "oos.jsonl")]
)
def test_held_out_texts_are_not_copies(held_out: str, train: str, pack: Pack) -> None:
    new = texts(pack, held_out)
    close = near(new, texts(pack, train))
    assert len(close) < 0.01 * len(new), close


def test_queries_are_not_copies(pack: Pack) -> None:
    asked = [normal(text) for article in pack.articles for text in (article.title, *article.questions)]
    queries = texts(pack, "queries.jsonl")
    close = near(queries, asked)
    assert len(close) < 0.01 * len(queries), close


@pytest.mark.parametrize("name", ["context", "two_questions"])
def test_talk_names_articles_and_its_blind_half_is_new(name: str, pack: Pack) -> None:
    known = {article.id for article in pack.articles}
    tuned, blind = rows(pack, f"{name}.jsonl"), rows(pack, f"{name}_test.jsonl")
    for row in [*tuned, *blind]:
        wanted = row["articles"] if "articles" in row else [row["article"]] if row["article"] else []
        assert set(wanted) <= known, row["text"]
    assert len(blind) >= (60 if name == "context" else 40)
    said = [normal("".join(turn["text"] for turn in row.get("turns", ())) + row["text"]) for row in tuned]
    new = [normal("".join(turn["text"] for turn in row.get("turns", ())) + row["text"]) for row in blind]
    assert near(new, said) == []
