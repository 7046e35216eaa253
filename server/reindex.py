"""Gives the full-text index the utterances that were stored before there was one."""

import asyncio
import logging
from functools import partial

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store import Store, StoreError
from server.store.project import search
from server.store.tables.search import SearchTermTable
from server.store.tables.speech import UtteranceTable

log = logging.getLogger(__name__)
BATCH = 100
"""Utterances in one transaction, so that a call's events never wait long for it."""
PAUSE = 0.05
"""Seconds in which others may write."""


async def keep_index(store: Store) -> None:
    """Do it once, beside everything else; what could not be done waits for the next start."""
    try:
        count = await index_older_utterances(store)
    except StoreError as error:
        log.warning("older utterances are not all in the search index: %s", error)
        return
    if count:
        log.info("%d utterances were added to the search index", count)


async def index_older_utterances(store: Store) -> int:
    """Index every utterance without terms; how many there were. It can be stopped at any time and begun again."""
    count, after = 0, ""
    while ids := await _without_terms(store, after):
        await store.write(partial(_index, ids=ids))
        count, after = count + len(ids), ids[-1]
        await asyncio.sleep(PAUSE)
    return count


async def _without_terms(store: Store, after: str) -> list[str]:
    """The next ids; texts without any word are among them each time."""
    term = select(col(SearchTermTable.term)).where(
        col(SearchTermTable.conversation_id) == col(UtteranceTable.conversation_id),
        col(SearchTermTable.utterance_id) == col(UtteranceTable.id),
    )
    found = (
        select(col(UtteranceTable.id))
        .where(col(UtteranceTable.id) > after, col(UtteranceTable.text) != "", ~term.exists())
        .order_by(col(UtteranceTable.id))
        .limit(BATCH)
    )
    async with store.read() as session:
        return list((await session.execute(found)).scalars())


async def _index(session: AsyncSession, ids: list[str]) -> None:
    """What was deleted since then is not indexed."""
    found = select(UtteranceTable).where(col(UtteranceTable.id).in_(ids))
    rows = list((await session.execute(found)).scalars())
    await search.index(session, [search.Said(row.id, row.conversation_id, row.text) for row in rows])
