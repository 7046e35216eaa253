"""The tenant's knowledge base."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col

from kb.article import Article
from server.store.errors import NotFoundError
from server.store.records import ImportReport
from server.store.tables.knowledge import ArticleTable, ArticleVersionTable

OWN_FIELDS = frozenset(Article.model_fields)


async def import_all(
    session: AsyncSession, tenant: str, articles: Sequence[Article], by: str, at: float
) -> ImportReport:
    """Approve what is new or changed. An article whose content is the known one stays as it is, even if withdrawn."""
    added = changed = 0
    for article in articles:
        known = await session.get(ArticleTable, (tenant, article.id))
        if known is None:
            session.add(ArticleTable(tenant=tenant, id=article.id, latest_version=1, created_at=at))
            await session.flush()
            session.add(_version(tenant, article, 1, by, at))
            added += 1
        elif await _supersede(session, tenant, known, article, at):
            known.latest_version += 1
            session.add(_version(tenant, article, known.latest_version, by, at))
            changed += 1
    return ImportReport(added=added, changed=changed, unchanged=len(articles) - added - changed)


async def _supersede(session: AsyncSession, tenant: str, known: ArticleTable, article: Article, at: float) -> bool:
    """End the newest version unless it says the same."""
    # A draft was never in force: importing what it says approves it, importing what is in force changes nothing.
    version = ArticleVersionTable
    of_it = select(version).where(col(version.tenant) == tenant, col(version.article_id) == known.id)
    decided = of_it.where(col(version.status) != "draft").order_by(col(version.version).desc()).limit(1)
    newest = (await session.execute(decided)).scalars().first()
    if newest is None:
        return True
    if newest.content_hash == content_hash(article):
        return False
    if newest.effective_to is None:
        newest.effective_to = at
    return True


def content_hash(article: Article) -> str:
    """SHA-256 of everything an article says; its version number is not part of it."""
    content = article.model_dump(mode="json", exclude={"version"})
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def hash_of(row: ArticleVersionTable) -> str:
    """`content_hash` of what a version says."""
    return content_hash(_article(row))


def _version(tenant: str, article: Article, version: int, by: str, at: float) -> ArticleVersionTable:
    return ArticleVersionTable(
        tenant=tenant,
        article_id=article.id,
        version=version,
        status="approved",
        lang=article.lang,
        title=article.title,
        questions=list(article.questions),
        answer=article.answer,
        answer_text=article.answer_text,
        intent=article.intent,
        tags=list(article.tags),
        extra=dict(article.model_extra or {}),
        content_hash=content_hash(article),
        effective_from=at,
        created_by=by,
        created_at=at,
        approver=by,
        approved_at=at,
    )


async def mark(session: AsyncSession, tenant: str, at: float) -> tuple[object, ...]:
    """Figures that change whenever `effective` would answer otherwise; much cheaper than asking it."""
    version = ArticleVersionTable
    in_force = and_(
        col(version.status) == "approved",
        col(version.effective_from) <= at,
        or_(col(version.effective_to).is_(None), col(version.effective_to) > at),
    )
    figures = select(
        func.count(),
        func.sum(col(version.version)),
        func.max(col(version.approved_at)),
        func.max(col(version.created_at)),
    ).where(col(version.tenant) == tenant, in_force)
    return tuple((await session.execute(figures)).one())


async def effective(
    session: AsyncSession,
    tenant: str,
    at: float,
    lang: str | None,
    scope: dict[str, str | None] | None,
    ids: Sequence[str] | None = None,
) -> list[Article]:
    """Approved articles in force, by id. `scope` (team, queue, direction) admits those limited to it; None: all.

    `ids` limits the answer to these articles; no more than the database takes at once.
    """
    version = ArticleVersionTable
    where = _in_force(tenant, at, lang, scope)
    if ids is not None:
        where.append(col(version.article_id).in_(ids))
    found = select(version).where(*where).order_by(col(version.article_id), col(version.version))
    newest = {row.article_id: row for row in (await session.execute(found)).scalars()}
    return [_article(row) for row in newest.values()]


async def effective_versions(
    session: AsyncSession, tenant: str, at: float, scope: dict[str, str | None], ids: Sequence[str] | None
) -> dict[str, int]:
    """The versions that `effective` would give, by article id; much cheaper than asking it."""
    version = ArticleVersionTable
    where = _in_force(tenant, at, None, scope)
    if ids is not None:
        where.append(col(version.article_id).in_(ids))
    newest = select(col(version.article_id), func.max(col(version.version))).where(*where)
    rows = await session.execute(newest.group_by(col(version.article_id)))
    return {str(row[0]): int(row[1]) for row in rows}


def _in_force(
    tenant: str, at: float, lang: str | None, scope: dict[str, str | None] | None
) -> list[ColumnElement[bool]]:
    version = ArticleVersionTable
    where = [
        col(version.tenant) == tenant,
        col(version.status) == "approved",
        col(version.effective_from) <= at,
        or_(col(version.effective_to).is_(None), col(version.effective_to) > at),
    ]
    if scope is not None:
        where.append(_in_scope(col(version.scope_team), scope.get("team")))
        where.append(_in_scope(col(version.scope_queue), scope.get("queue")))
        where.append(_in_scope(col(version.scope_direction), scope.get("direction")))
    if lang is not None:
        where.append(col(version.lang) == lang)
    return where


def _in_scope(column: Mapped[str | None], value: str | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else or_(column.is_(None), column == value)


def _article(row: ArticleVersionTable) -> Article:
    extra = {key: value for key, value in row.extra.items() if key not in OWN_FIELDS}
    return Article.model_validate(
        {
            "id": row.article_id,
            "version": row.version,
            "title": row.title,
            "questions": row.questions,
            "answer": row.answer,
            "answer_text": row.answer_text,
            "intent": row.intent,
            "tags": row.tags,
            "lang": row.lang,
            **extra,
        }
    )


async def withdraw(session: AsyncSession, tenant: str, article_id: str, by: str, at: float) -> None:
    """No version of the article is suggested any more."""
    found = select(ArticleVersionTable).where(
        col(ArticleVersionTable.tenant) == tenant, col(ArticleVersionTable.article_id) == article_id
    )
    rows = (await session.execute(found)).scalars().all()
    if not rows:
        raise NotFoundError(f"there is no article {article_id}")
    for row in rows:
        if row.status != "withdrawn":
            row.status, row.withdrawn_by, row.withdrawn_at = "withdrawn", by, at
