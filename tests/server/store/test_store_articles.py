"""The knowledge base, wrap-up codes and queue policies."""

import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from kb.article import Article
from kb.pack import load_pack
from server.store import ImportReport, InvalidError, NotFoundError, QueuePolicy, Store
from server.store.tables.knowledge import ArticleVersionTable
from server.wire.rest import WrapUpCode


def article(article_id: str = "lost", **values: Any) -> Article:
    return Article.model_validate({"id": article_id, "title": "挂失", "answer": "请拨打挂失电话", **values})


async def versions(store: Store) -> list[tuple[int, str, bool]]:
    async with store.read() as session:
        rows = (await session.execute(select(ArticleVersionTable).order_by(ArticleVersionTable.version))).scalars()
        return [(row.version, row.status, row.effective_to is None) for row in rows]


async def test_importing_the_same_again_changes_nothing(store: Store, pack_dir: Path) -> None:
    articles = load_pack(pack_dir).articles
    assert await store.import_articles(articles, by="pack") == ImportReport(added=len(articles))
    assert await store.import_articles(articles, by="pack") == ImportReport(unchanged=len(articles))
    assert {item.id: item for item in await store.effective_articles()} == {item.id: item for item in articles}


async def test_changed_article_is_a_new_version(store: Store) -> None:
    await store.import_articles([article()], by="li")
    assert await store.import_articles([article(answer="请到网点")], by="li") == ImportReport(changed=1)
    (current,) = await store.effective_articles()
    assert (current.version, current.answer) == (2, "请到网点")
    assert await versions(store) == [(1, "approved", False), (2, "approved", True)]


async def test_every_field_and_unknown_keys_come_back(store: Store) -> None:
    full = article(
        questions=["卡丢了", "银行卡不见了"],
        answer_text="挂失请点这里",
        intent="card_lost",
        tags=["卡"],
        lang="zh",
        source={"page": 3},
    )
    await store.import_articles([full], by="li")
    assert await store.export_articles() == [full]
    assert (await store.import_articles(await store.export_articles(), by="li")).unchanged == 1


async def test_withdrawn_article_stays_withdrawn_until_it_says_something_new(store: Store) -> None:
    await store.import_articles([article(), article("other")], by="li")
    await store.withdraw_article("lost", by="wang")
    assert [item.id for item in await store.effective_articles()] == ["other"]
    assert (await store.import_articles([article()], by="pack")).unchanged == 1
    assert [item.id for item in await store.effective_articles()] == ["other"]
    await store.import_articles([article(answer="请到网点")], by="li")
    assert {item.id: item.version for item in await store.effective_articles()} == {"lost": 2, "other": 1}
    with pytest.raises(NotFoundError):
        await store.withdraw_article("none", by="wang")


async def test_only_approved_and_effective_in_their_language_and_scope(store: Store) -> None:
    before = time.time() - 1
    await store.import_articles([article("zh"), article("en", lang="en"), article("draft"), article("loans")], by="li")

    async def change(session: Any) -> None:
        table = ArticleVersionTable
        await session.execute(update(table).where(table.article_id == "draft").values(status="draft"))
        await session.execute(update(table).where(table.article_id == "loans").values(scope_queue="loans"))

    await store.write(change)
    assert [item.id for item in await store.effective_articles()] == ["en", "zh"]
    assert [item.id for item in await store.effective_articles("zh")] == ["zh"]
    assert [item.id for item in await store.effective_articles("zh", queue="loans")] == ["loans", "zh"]
    assert [item.id for item in await store.effective_articles(queue="cards")] == ["en", "zh"]
    assert await store.effective_articles(at=before) == []
    assert [item.id for item in await store.export_articles()] == ["en", "loans", "zh"]


async def test_wrap_up_codes_keep_their_order_and_tree(store: Store) -> None:
    codes = [
        WrapUpCode(code="resolved", parent=None, name_zh="已解决", name_en="Resolved"),
        WrapUpCode(code="resolved_info", parent="resolved", name_zh="咨询", name_en="Answered"),
        WrapUpCode(code="complaint", parent=None, name_zh="投诉", name_en="Complaint"),
    ]
    await store.import_wrap_up_codes(codes)
    await store.import_wrap_up_codes(codes)
    assert await store.wrap_up_codes() == codes
    with pytest.raises(InvalidError, match="unknown parent"):
        await store.import_wrap_up_codes([WrapUpCode(code="x", parent="none", name_zh="x", name_en="x")])


async def test_unknown_queue_has_the_default_policies(store: Store) -> None:
    assert await store.queue_policy("cards") == QueuePolicy("cards")
    changed = QueuePolicy("default", text_out_on_call=True, webhook_url="https://crm.test/in", webhook_secret="s")
    await store.save_queue(changed)
    assert (await store.queue_policy("cards")).text_out_on_call
    mine = QueuePolicy("cards", chat_action="insert", team="hz")
    await store.save_queue(mine)
    assert await store.queue_policy("cards") == mine
    assert "webhook_secret" not in repr(changed)


async def test_bad_queues_are_refused(store: Store) -> None:
    with pytest.raises(InvalidError, match="send"):
        await store.save_queue(QueuePolicy("cards", chat_action="shout"))  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="webhook_secret"):
        await store.save_queue(QueuePolicy("cards", webhook_url="https://crm.test/in"))
