"""What the conversations within a reviewer's reach can be narrowed to."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.queries.organisation import wrap_up_codes
from server.store.queries.reach import within
from server.store.records import Reach
from server.store.tables.conversations import ConversationTable
from server.store.tables.people import UserTable
from server.store.tables.suggestions import SuggestionTable
from server.wire.rest import AgentName, IntentName, ReviewChoices


async def choices(session: AsyncSession, reach: Reach) -> ReviewChoices:
    """Agents, teams, queues, languages and intents (by id) that occur there, and the tenant's wrap-up codes."""
    where = within(reach)
    return ReviewChoices(
        agents=await _agents(session, reach.tenant, where),
        teams=await _distinct(session, col(ConversationTable.team), where),
        queues=await _distinct(session, col(ConversationTable.queue), where),
        languages=await _distinct(session, col(ConversationTable.language), where),
        intents=[IntentName(intent=name, name_zh=name, name_en=name) for name in await _intents(session, where)],
        wrap_up=await wrap_up_codes(session, reach.tenant),
    )


async def _distinct(session: AsyncSession, column: Any, where: list[ColumnElement[bool]]) -> list[str]:
    found = select(column).where(*where, column.is_not(None)).distinct()
    return sorted((await session.execute(found)).scalars())


async def _agents(session: AsyncSession, tenant: str, where: list[ColumnElement[bool]]) -> list[AgentName]:
    logins = await _distinct(session, col(ConversationTable.agent), where)
    accounts = select(col(UserTable.login), col(UserTable.display_name)).where(
        col(UserTable.tenant) == tenant, col(UserTable.login).in_(logins)
    )
    names = {row.login: row.display_name for row in (await session.execute(accounts)).all()}
    return [AgentName(login=login, name=names.get(login) or login) for login in logins]


async def _intents(session: AsyncSession, where: list[ColumnElement[bool]]) -> list[str]:
    found = (
        select(col(SuggestionTable.intent))
        .join(ConversationTable, col(ConversationTable.id) == col(SuggestionTable.conversation_id))
        .where(*where, col(SuggestionTable.intent).is_not(None))
        .distinct()
    )
    return sorted(intent for intent in (await session.execute(found)).scalars() if intent is not None)
