"""How long a reviewer's search takes over many stored utterances, and what keeping the index costs.

`python -m tests.bench.search [--utterances 100000] [--url postgresql+asyncpg://…] [--explain]`
"""

import argparse
import asyncio
import json
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from kb.pack import load_pack
from kb.terms import Words, patterns
from server.access import Reach
from server.ids import new_id
from server.store import Store, upgrade
from server.store.project.search import Said, index
from server.store.queries.choices import choices
from server.store.queries.matching import conversations_with
from server.store.queries.search import Wanted, page
from server.store.tables.conversations import ConversationTable
from server.store.tables.speech import UtteranceTable
from server.store.tables.suggestions import SuggestionTable

PACK = Path(__file__).resolve().parents[2] / "kb" / "packs" / "zh_bank"
PER_CALL = 20
ROUNDS = 20
BATCH = 2000
REACH = Reach("default", None, None, None)
QUERIES = ("转账", "手续费", "提前还款手续费", "您好", "卡", '"提前还清"', "挂失 密码", "征信", "没有这个词组")
ORIGIN = 1_800_000_000.0


def texts() -> list[str]:
    """What customers and agents say, from the pack: questions and replies."""
    pack = load_pack(PACK)
    samples = (PACK / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    said = [json.loads(line)["text"] for line in samples]
    replies = [f"您好，{article.reply}" for article in pack.articles]
    return said + replies


async def fill(store: Store, count: int) -> float:
    """Store that many utterances in calls of 20; the seconds that indexing took, per utterance."""
    source, dice = texts(), random.Random(7)
    spent = 0.0
    for begin in range(0, count, BATCH):
        rows = [_utterances((begin + n) // PER_CALL, source, dice) for n in range(0, BATCH, PER_CALL)]
        spent += await store.write(lambda session, rows=rows: _store(session, rows))  # type: ignore[misc]
    return spent / count


def _utterances(number: int, source: list[str], dice: random.Random) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    call = new_id()
    conversation = {
        "id": call,
        "tenant": "default",
        "channel": "call",
        "direction": "inbound",
        "queue": f"queue{number % 7}",
        "language": "zh",
        "agent": f"agent{number % 50}",
        "context": {},
        "origin": ORIGIN + number,
        "started_at": ORIGIN + number,
    }
    said = [
        {"id": new_id(), "conversation_id": call, "seq": n, "role": "customer", "start": n, "end": n + 1, "words": []}
        | {"text": dice.choice(source)}
        for n in range(PER_CALL)
    ]
    return conversation, said


async def _store(session: Any, rows: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> float:
    said = [utterance for _, utterances in rows for utterance in utterances]
    await session.execute(insert(ConversationTable), [conversation for conversation, _ in rows])
    await session.execute(insert(UtteranceTable), said)
    await session.execute(insert(SuggestionTable), [_suggestion(row) for row in said[::4]])
    began = time.perf_counter()
    for one in said:  # one by one, as a call's events come
        await index(session, [Said(one["id"], one["conversation_id"], one["text"])])
    return time.perf_counter() - began


def _suggestion(said: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(("trigger_text", "title", "reply", "reply_to_send", "matched"), "")
    return empty | {
        "id": new_id(),
        "conversation_id": said["conversation_id"],
        "seq": said["seq"],
        "trigger": said["id"],
        "source": "final",
        "article_id": "a",
        "article_version": 1,
        "intent": f"intent{len(said['text']) % 30}",
        "confidence": 0.9,
        "rank": 1,
        "model": "bench",
        "thresholds": {},
    }


async def measure(store: Store) -> dict[str, Any]:
    """Milliseconds of each search, as a reviewer waits for it: the page, its total and its snippets."""
    cut = Words()
    cut("提前还款")
    results: dict[str, Any] = {}
    everything: list[float] = []
    filters: dict[str, dict[str, Any]] = {query: {} for query in QUERIES} | {
        "": {"intent": "intent7", "agent": "agent3"},
    }
    for query, wanted in filters.items():
        spent = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            async with store.read() as session:
                found = await page(session, REACH, Wanted(words=patterns(query, cut), **wanted), 0, 20)
            spent.append((time.perf_counter() - began) * 1000)
        everything += spent
        results[query or "intent and agent"] = {"total": found.total, "ms_p50": middle(spent), "ms_p95": high(spent)}
    began = time.perf_counter()
    async with store.read() as session:
        await choices(session, REACH)
    results["choices"] = {"ms": round((time.perf_counter() - began) * 1000, 1)}
    return {"searches": results, "ms_p50": middle(everything), "ms_p95": high(everything)}


def middle(spent: list[float]) -> float:
    return round(sorted(spent)[len(spent) // 2], 1)


def high(spent: list[float]) -> float:
    return round(sorted(spent)[int(len(spent) * 0.95)], 1)


async def explain(store: Store) -> None:
    """Print how the database looks up a word of three characters."""
    (pattern,) = patterns("手续费", list)
    async with store.read() as session:
        connection = await session.connection()
        statement = conversations_with(pattern).compile(connection.engine, compile_kwargs={"literal_binds": True})
        how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN ANALYZE"
        for row in await session.execute(text(f"{how} {statement}")):
            print(*row)


async def run(url: str, count: int, explained: bool) -> dict[str, Any]:
    store = await Store.open(url)
    began = time.perf_counter()
    per_utterance = await fill(store, count)
    filled = time.perf_counter() - began
    result = await measure(store)
    if explained:
        await explain(store)
    await store.close()
    return {
        "utterances": count,
        "index_us_per_utterance": round(per_utterance * 1e6),
        "fill_s": round(filled, 1),
        **result,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--url", default="", help="an empty database; otherwise SQLite in a temporary folder")
    parser.add_argument("--explain", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tici.db"
        url = asked.url or f"sqlite+aiosqlite:///{path}"
        upgrade(url)
        result = asyncio.run(run(url, asked.utterances, asked.explain))
        if path.exists():
            result["database_mb"] = round(path.stat().st_size / 1e6)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
