"""Replies that agents edit the same way again and again, and what trainers decided about them."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.masking import Masker
from server.store.errors import ConflictError, NotFoundError
from server.store.queries import articles
from server.store.queries.reach import within
from server.store.queries.usage import DAY, DAYS
from server.store.records import Reach
from server.store.tables.conversations import ConversationTable
from server.store.tables.knowledge import ArticleTable, ArticleVersionTable, WordingTable
from server.store.tables.suggestions import OutcomeTable, SuggestionTable
from server.wire.events import Channel, Consent, OutcomeKind, Role
from server.wire.wordings import DecidedWording, ProposedWording, WordingDecision
from suggest.wordings import Edit, unfilled, wordings

Edited = tuple[OutcomeTable, SuggestionTable, str]
"""An edit, its card, the channel."""
MOST_EDITS = 5000
"""The newest edits that are looked at."""


async def proposed(session: AsyncSession, reach: Reach, at: float) -> list[ProposedWording]:
    """The wordings within reach that nobody has decided about, the most frequent first.

    Only versions in force are looked at; edits of customers who refused consent are not.
    """
    rows = await _edits(session, reach, at)
    decided = await _decided(session, reach.tenant)
    in_force = await articles.effective_versions(session, reach.tenant, at, {}, None) if rows else {}
    groups: dict[tuple[str, int, bool], list[Edited]] = defaultdict(list)
    for row in rows:
        card = row[1]
        if in_force.get(card.article_id) == card.article_version:
            groups[card.article_id, card.article_version, row[2] == Channel.CHAT.value].append(row)
    found = [one for key, mine in groups.items() for one in await _of_article(session, reach.tenant, key, mine)]
    fresh = [one for one in found if (one.article_id, one.article_version, one.wording) not in decided]
    return sorted(fresh, key=lambda one: (-one.count, -one.last_at, one.article_id, one.wording))


async def _edits(session: AsyncSession, reach: Reach, at: float) -> Sequence[Edited]:
    """The edits, newest first."""
    conversation, card, outcome = ConversationTable, SuggestionTable, OutcomeTable
    found = (
        select(outcome, card, col(conversation.channel))
        .join(card, col(card.id) == col(outcome.suggestion_id))
        .join(conversation, col(conversation.id) == col(card.conversation_id))
        .where(
            *within(reach),
            col(outcome.outcome) == OutcomeKind.EDITED.value,
            col(outcome.at) > at - DAYS * DAY,
            col(outcome.text).is_not(None),
            col(conversation.consent) != Consent.REFUSED.value,
        )
        .order_by(col(outcome.at).desc())
        .limit(MOST_EDITS)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(found)).all()]


async def _decided(session: AsyncSession, tenant: str) -> set[tuple[str, int, str]]:
    wording = WordingTable
    found = select(col(wording.article_id), col(wording.article_version), col(wording.text_key))
    rows = (await session.execute(found.where(col(wording.tenant) == tenant))).all()
    return {(row[0], row[1], row[2]) for row in rows}


async def _of_article(
    session: AsyncSession, tenant: str, key: tuple[str, int, bool], rows: Sequence[Edited]
) -> list[ProposedWording]:
    article_id, number, sent = key
    version = await session.get(ArticleVersionTable, (tenant, article_id, number))
    if version is None:
        return []
    old = (version.answer_text or version.answer) if sent else version.answer
    edits = [_edit(row[0], row[1], old, version.lang, sent) for row in rows]
    return [
        ProposedWording(
            wording=_key(one.text, sent),
            article_id=article_id,
            article_version=number,
            title=version.title or version.questions[0],
            language=version.lang,
            old=old,
            new=one.text,
            sent=sent,
            count=one.count,
            agents=one.agents,
            last_at=one.last_at,
        )
        for one in wordings(edits, [old])
    ]


def _edit(outcome: OutcomeTable, card: SuggestionTable, template: str, language: str, sent: bool) -> Edit:
    text = unfilled(outcome.text or "", template, card.reply_to_send if sent else card.reply)
    # What an agent typed is stored as it went out; here nobody needs its secrets.
    spoken = "zh" if language.startswith("zh") else "en"
    masked = Masker().mask(text, role=Role.AGENT, language=spoken).text  # type: ignore[arg-type]
    return Edit(masked.strip(), outcome.by, outcome.at)


def _key(text: str, sent: bool) -> str:
    return hashlib.sha256(f"{int(sent)}{text}".encode()).hexdigest()[:32]


async def decide(
    session: AsyncSession,
    reach: Reach,
    of: tuple[str, int, str],
    decision: WordingDecision,
    by: str,
    at: float,
) -> DecidedWording:
    """Make a draft of a wording (article, version, wording), or put it aside for good.

    Raises `NotFoundError`, and `ConflictError` where it was decided otherwise.
    """
    known = await session.get(WordingTable, (reach.tenant, *of))
    if known is not None:
        if known.decision != decision.value:
            raise ConflictError(f"{known.decided_by} has decided about this wording; load the list again")
        return DecidedWording(decision=decision, version=known.version)
    wanted = next(
        (w for w in await proposed(session, reach, at) if (w.article_id, w.article_version, w.wording) == of), None
    )
    if wanted is None:
        raise NotFoundError("there is no such wording; load the list again")
    version = await _draft(session, reach.tenant, wanted, by, at) if decision is WordingDecision.ACCEPT else None
    article_id, number, key = of
    session.add(
        WordingTable(
            tenant=reach.tenant,
            article_id=article_id,
            article_version=number,
            text_key=key,
            decision=decision.value,
            version=version,
            decided_by=by,
            decided_at=at,
        )
    )
    return DecidedWording(decision=decision, version=version)


async def _draft(session: AsyncSession, tenant: str, wanted: ProposedWording, by: str, at: float) -> int:
    """A version that says it the new way and waits for approval; its number."""
    article = await session.get(ArticleTable, (tenant, wanted.article_id), with_for_update=True)
    old = await session.get(ArticleVersionTable, (tenant, wanted.article_id, wanted.article_version))
    if article is None or old is None:
        raise NotFoundError(f"there is no article {wanted.article_id}")
    article.latest_version += 1
    fields = old.model_dump(exclude={"approver", "approved_at", "withdrawn_by", "withdrawn_at", "effective_to"})
    said = {"answer_text": wanted.new} if wanted.sent and old.answer_text else {"answer": wanted.new}
    draft = ArticleVersionTable(
        **fields
        | said
        | {
            "version": article.latest_version,
            "status": "draft",
            "effective_from": at,
            "created_by": by,
            "created_at": at,
        }
    )
    draft.content_hash = articles.hash_of(draft)
    session.add(draft)
    return article.latest_version
