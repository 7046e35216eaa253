"""A reviewer's search over stored conversations."""

import asyncio
from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from kb.pack import IntentInfo
from kb.terms import Pattern, needs_cutting, patterns
from server.access import reading
from server.catalogue import named_intents
from server.routes.paging import Moment, Offset
from server.routes.people import Reviewer
from server.services import Services, ServicesDep
from server.store import InvalidError
from server.store.queries.choices import choices
from server.store.queries.search import Trait, Wanted, page
from server.wire.base import STORABLE, Label
from server.wire.events import Channel, Direction
from server.wire.rest import FoundPage, IntentName, ReviewChoices

router = APIRouter(prefix="/v1/review", tags=["review"])
MOST_WORDS = 8
MOST_TERMS = 24
MOST_ALIKE = 4
"""What one search may ask of the index."""
Words = Annotated[str, Query(max_length=64), STORABLE]
Second = Annotated[float | None, Moment]
Choice = Annotated[Label | None, Query(min_length=1)]


async def _words(services: ServicesDep, q: Words = "") -> list[Pattern]:
    """The words and "phrases" of a query. Raises InvalidError for one that holds none, or too many."""
    if not q.strip():
        return []
    cut = services.words
    found = await asyncio.to_thread(patterns, q, cut) if needs_cutting(q) else patterns(q, cut)
    if not found:
        raise InvalidError("q: there is no word in it to search for")
    if len(found) > MOST_WORDS or sum(len(pattern.terms) for pattern in found) > MOST_TERMS:
        raise InvalidError(f"q: too long; search for {MOST_WORDS} words at most")
    if any(max(Counter(term.text for term in pattern.terms).values()) > MOST_ALIKE for pattern in found):
        raise InvalidError("q: the same characters again and again; search for something shorter")
    return found


def _wanted(
    words: Annotated[list[Pattern], Depends(_words)],
    agent: Choice = None,
    queue: Choice = None,
    team: Choice = None,
    channel: Channel | None = None,
    direction: Direction | None = None,
    language: Choice = None,
    customer: Choice = None,
    since: Annotated[Second, Query(alias="from")] = None,
    until: Annotated[Second, Query(alias="to")] = None,
    intent: Choice = None,
    wrap_up: Choice = None,
    has: Annotated[list[Trait] | None, Query()] = None,
) -> Wanted:
    """What is asked for. Raises InvalidError."""
    if since is not None and until is not None and since >= until:
        raise InvalidError("`from` must be before `to`")
    return Wanted(
        words=words,
        agent=agent,
        queue=queue,
        team=team,
        channel=channel,
        direction=direction,
        language=language,
        customer=customer,
        since=since,
        until=until,
        intent=intent,
        wrap_up=wrap_up,
        traits=frozenset(has or ()),
    )


@router.get("/conversations")
async def search(
    user: Reviewer,
    services: ServicesDep,
    wanted: Annotated[Wanted, Depends(_wanted)],
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FoundPage:
    """Conversations within reach, newest first; `from` and `to` are Unix seconds, `to` not included."""
    async with services.store.read() as session:
        found = await page(session, reading(user), wanted, offset, limit)
    if wanted.words:
        await _note(services, user.login, user.tenant, found)
    return found


@router.get("/choices")
async def to_choose(user: Reviewer, services: ServicesDep) -> ReviewChoices:
    """What that search can be narrowed to, within reach."""
    async with services.store.read() as session:
        found = await choices(session, reading(user))
    known = await asyncio.to_thread(named_intents, services.settings.packs_dir)
    return found.model_copy(update={"intents": [_named(known.get(one.intent), one) for one in found.intents]})


def _named(info: IntentInfo | None, one: IntentName) -> IntentName:
    """The intent by the names of its pack, where one has it."""
    if info is None:
        return one
    return IntentName(intent=one.intent, name_zh=info.name_zh or one.intent, name_en=info.name_en or one.intent)


async def _note(services: Services, login: str, tenant: str, found: FoundPage) -> None:
    """A search by words shows what was said: the audit has whose. The words may be personal, so it has not them."""
    ids = [one.row.conversation_id for one in found.found]
    detail = {"total": found.total, "shown": ids}
    await services.store.append_audit(login, "conversation.search", ("conversation", ""), detail, tenant)
