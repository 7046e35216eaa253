"""The Mandarin bank pack: references resolve, counts hold, nothing leaks between its sets."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz

PACK = Path(__file__).resolve().parents[2] / "kb" / "packs" / "zh_bank"
SMALL_TALK = {"greeting", "thanks", "goodbye", "acknowledge"}


def rows(name: str) -> list[dict[str, Any]]:
    with (PACK / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def normal(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def near(new: list[str], known: list[str], above: float = 92.0) -> list[str]:
    """The new texts that are almost a known one."""
    return [text for text in new if max(fuzz.ratio(text, other) for other in known) > above]


@pytest.fixture(scope="module")
def pack() -> dict[str, Any]:
    return tomllib.loads((PACK / "pack.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def articles() -> list[dict[str, Any]]:
    return rows("articles.jsonl")


@pytest.fixture(scope="module")
def intents(pack: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {intent["id"]: intent for intent in pack["intents"]}


def test_header(pack: dict[str, Any]) -> None:
    assert pack["name"] == "zh_bank"
    assert pack["version"] == "1"
    assert pack["lang"] == "zh"
    assert pack["licence"].startswith("Apache-2.0")


def test_intents(pack: dict[str, Any], intents: dict[str, dict[str, Any]]) -> None:
    assert len(intents) == len(pack["intents"]) >= 40
    for intent in pack["intents"]:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", intent["id"])
        assert intent["name_zh"] and intent["name_en"]
        assert isinstance(intent["cards"], bool)
    assert {key for key, intent in intents.items() if not intent["cards"]} == SMALL_TALK


def test_wrap_up_tree(pack: dict[str, Any]) -> None:
    parents = {entry["code"]: entry.get("parent") for entry in pack["wrap_up"]}
    assert len(parents) == len(pack["wrap_up"]) >= 15
    for entry in pack["wrap_up"]:
        assert entry["name_zh"] and entry["name_en"]
    for code in parents:
        seen: set[str] = set()
        above: str | None = code
        while above is not None:
            assert above in parents, f"{code}: parent {above} is not a code"
            assert above not in seen, f"{code}: loop in the tree"
            seen.add(above)
            above = parents[above]


def test_articles(articles: list[dict[str, Any]], intents: dict[str, dict[str, Any]]) -> None:
    ids = [article["id"] for article in articles]
    assert len(set(ids)) == len(ids) >= 84
    titles = [article["title"] for article in articles]
    assert len(set(titles)) == len(titles)
    for article in articles:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", article["id"])
        assert article["lang"] == "zh"
        assert intents[article["intent"]]["cards"], article["id"]
        assert 4 <= len(article["questions"]) <= 6, article["id"]
        assert 30 <= len(article["answer"]) <= 90, article["id"]
        assert article["tags"] and all(isinstance(tag, str) for tag in article["tags"])
        assert not re.search(r"\s", article["answer"]), article["id"]
        assert article.get("answer_text") != article["answer"], article["id"]
    assert sum("answer_text" in article for article in articles) >= 10


def test_every_card_intent_has_an_article(articles: list[dict[str, Any]], intents: dict[str, dict[str, Any]]) -> None:
    answered = {article["intent"] for article in articles}
    assert answered == {key for key, intent in intents.items() if intent["cards"]}


@pytest.mark.parametrize(("name", "least"), [("samples.jsonl", 20), ("samples_test.jsonl", 6)])
def test_samples(name: str, least: int, intents: dict[str, dict[str, Any]]) -> None:
    count = Counter(row["intent"] for row in rows(name))
    assert set(count) == set(intents)
    assert min(count.values()) >= least, count.most_common()[-3:]


def test_queries(articles: list[dict[str, Any]]) -> None:
    count = Counter(row["article"] for row in rows("queries.jsonl"))
    assert set(count) == {article["id"] for article in articles}
    assert min(count.values()) >= 3


@pytest.mark.parametrize(("name", "least"), [("oos.jsonl", 150), ("oos_test.jsonl", 60)])
def test_out_of_scope(name: str, least: int) -> None:
    out = rows(name)
    assert len(out) >= least
    assert all(set(row) == {"text"} for row in out)


def test_no_text_appears_twice(articles: list[dict[str, Any]]) -> None:
    where: dict[str, list[str]] = {}
    names = (
        "samples.jsonl",
        "samples_test.jsonl",
        "oos.jsonl",
        "oos_test.jsonl",
        "queries.jsonl",
    )
    for name in names:
        for row in rows(name):
            where.setdefault(normal(row["text"]), []).append(name)
    for article in articles:
        for question in article["questions"]:
            where.setdefault(normal(question), []).append(article["id"])
        if normal(article["title"]) not in map(normal, article["questions"]):
            where.setdefault(normal(article["title"]), []).append(article["id"])
    assert {text: names for text, names in where.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("held_out", "train"), [("samples_test.jsonl", "samples.jsonl"), ("oos_test.jsonl", "oos.jsonl")]
)
def test_held_out_texts_are_not_copies(held_out: str, train: str) -> None:
    known = [normal(row["text"]) for row in rows(train)]
    new = [normal(row["text"]) for row in rows(held_out)]
    close = near(new, known)
    assert len(close) < 0.01 * len(new), close


def test_queries_are_not_copies(articles: list[dict[str, Any]]) -> None:
    asked = [normal(text) for a in articles for text in (a["title"], *a["questions"])]
    queries = [normal(row["text"]) for row in rows("queries.jsonl")]
    close = near(queries, asked)
    assert len(close) < 0.01 * len(queries), close
