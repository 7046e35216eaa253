"""The full-text index: the terms of an utterance, written with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kb.terms import index_terms
from server.store.tables.search import SearchTermTable


@dataclass(frozen=True, slots=True)
class Said:
    """What an utterance says, masked."""

    utterance_id: str
    conversation_id: str
    text: str


async def index(session: AsyncSession, utterances: Iterable[Said]) -> None:
    """Add the terms of utterances that are stored and have none yet."""
    rows = [
        {
            "term": term.text,
            "conversation_id": said.conversation_id,
            "utterance_id": said.utterance_id,
            "position": term.position,
        }
        for said in utterances
        for term in index_terms(said.text)
    ]
    if rows:
        await session.execute(insert(SearchTermTable), rows)
