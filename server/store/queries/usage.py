"""What the teams did with the articles that they were shown."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.tables.conversations import ConversationTable
from server.store.tables.suggestions import OutcomeTable, SuggestionTable
from suggest.usage import ACTS, Act, Counts, Tally

DAY = 86400.0
DAYS = 90
HALF_LIFE = 30.0
"""Days after which an act counts half."""
STEP = 10
"""Days of one age: SQL has no power function that every database knows."""

Usage = Mapping[str, Mapping[tuple[str, str | None], Counts]]
"""By team, by article and intent. No texts, no people."""


async def usage(session: AsyncSession, tenant: str, at: float) -> Usage:
    """The acts of the last `DAYS` days before `at` (Unix seconds), counted once per card and act."""
    conversation, card, outcome = ConversationTable, SuggestionTable, OutcomeTable
    ages = [(col(outcome.at) > at - days * DAY, 0.5 ** ((days - STEP / 2) / HALF_LIFE)) for days in _ages()]
    of_what = (col(conversation.team), col(card.article_id), col(card.intent), col(outcome.outcome))
    counted = (
        select(*of_what, func.count(col(card.id).distinct()), func.sum(case(*ages, else_=0.0)), func.count())
        .join(card, col(card.id) == col(outcome.suggestion_id))
        .join(conversation, col(conversation.id) == col(card.conversation_id))
        .where(
            col(conversation.tenant) == tenant,
            col(outcome.at) > at - DAYS * DAY,
            col(outcome.at) <= at,
            col(outcome.outcome).in_(ACTS),
        )
        .group_by(*of_what)
    )
    found: dict[str, dict[tuple[str, str | None], dict[Act, Tally]]] = {}
    for team, article_id, intent, act, cards, weight, rows in (await session.execute(counted)).all():
        counts = found.setdefault(team, {}).setdefault((article_id, intent), {})
        counts[cast(Act, act)] = Tally(cards, float(weight) * cards / rows)
    return found


def _ages() -> range:
    return range(STEP, DAYS + 1, STEP)
