"""Articles that change while the server runs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from kb.article import Article
from kb.index import Index
from server.knowledge import Knowledge
from server.session import Ask
from server.store import Store, upgrade
from suggest.rank import Candidate
from suggest.suggester import SuggestResult
from tests.kb.fakes import LetterEncoder


class Finder:
    """A suggester that takes the index's best hit."""

    def __init__(self) -> None:
        self.index = Index(LetterEncoder(), segmenter=list)
        self.before_answering: Any = None

    def suggest(self, text: str, **_: object) -> Any:
        hits = self.index.search(text, 1)
        if self.before_answering:
            self.before_answering()
        cards = tuple(Candidate(hit.article, 0.9, hit.matched, None) for hit in hits)
        return SuggestResult(None, 0.9, cards, False, "", 0.0, 0.0, "", {})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'tici.db'}"
    await asyncio.to_thread(upgrade, url)
    store = await Store.open(url)
    yield store
    await store.close()


@pytest.fixture
def finder() -> Finder:
    return Finder()


@pytest.fixture
async def knowledge(store: Store, finder: Finder) -> AsyncIterator[Knowledge]:
    made = Knowledge(store, {"zh": cast(Any, finder)})
    yield made
    made.close()


async def shown(knowledge: Knowledge, text: str) -> list[tuple[str, str]]:
    found = await knowledge.suggest(Ask("t", text, (), "zh", "final", None, None))
    return [(card.article_id, card.reply) for card in found.cards]


async def test_changes_are_taken_over_one_by_one(store: Store, knowledge: Knowledge, finder: Finder):
    many = [Article(id=f"a{n}", title=f"第{n}种年费怎么收", answer="见页面。") for n in range(20)]
    await store.import_articles(many, by="test")
    assert await knowledge.refresh() and len(finder.index) == 20
    assert not await knowledge.refresh()
    await store.import_articles([Article(id="moon", title="月球卡挂失", answer="好的。")], by="test")
    assert await knowledge.refresh()
    assert await shown(knowledge, "月球卡挂失") == [("moon", "好的。")]
    await store.import_articles([Article(id="moon", title="月球卡挂失", answer="马上办。")], by="test")
    await knowledge.refresh()
    assert await shown(knowledge, "月球卡挂失") == [("moon", "马上办。")]
    await store.withdraw_article("moon", by="test")
    await knowledge.refresh()
    assert all(article != "moon" for article, _ in await shown(knowledge, "月球卡挂失"))
    assert knowledge.article("moon") is None


async def test_withdrawn_while_the_answer_is_on_its_way(store: Store, knowledge: Knowledge, finder: Finder):
    await store.import_articles([Article(id="moon", title="月球卡挂失", answer="好的。")], by="test")
    await knowledge.refresh()
    loop = asyncio.get_running_loop()

    def withdraw() -> None:
        asyncio.run_coroutine_threadsafe(store.withdraw_article("moon", by="test"), loop).result()

    finder.before_answering = withdraw
    assert await shown(knowledge, "月球卡挂失") == []


async def test_edited_while_the_answer_is_on_its_way(store: Store, knowledge: Knowledge, finder: Finder):
    await store.import_articles([Article(id="moon", title="月球卡挂失", answer="好的。")], by="test")
    await knowledge.refresh()
    await store.import_articles([Article(id="moon", title="月球卡挂失", answer="马上办。")], by="test")
    assert await shown(knowledge, "月球卡挂失") == [], "the old wording is not shown"


async def test_a_change_made_here_is_taken_over_at_once(store: Store, knowledge: Knowledge):
    fresh = asyncio.create_task(knowledge.keep_fresh(60.0))
    await store.import_articles([Article(id="moon", title="月球卡挂失", answer="好的。")], by="test")
    knowledge.wake()
    for _ in range(100):
        if knowledge.article("moon"):
            break
        await asyncio.sleep(0.01)
    assert knowledge.article("moon") is not None
    fresh.cancel()
