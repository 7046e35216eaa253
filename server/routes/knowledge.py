"""Searching the knowledge base by hand, and the wrap-up codes."""

from typing import Annotated

from fastapi import APIRouter, Query

from server.routes.people import Person
from server.services import ServicesDep
from server.wire.rest import ArticleHit, WrapUpCode

router = APIRouter(prefix="/v1", tags=["knowledge"])


@router.get("/kb/search")
async def search(
    user: Person,
    services: ServicesDep,
    q: Annotated[str, Query(max_length=500)],
    lang: Annotated[str, Query(max_length=8)] = "zh",
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> list[ArticleHit]:
    """Articles in effect for these words, best first."""
    return await services.knowledge.search(q, lang, limit)


@router.get("/wrap-up-codes")
async def wrap_up_codes(user: Person, services: ServicesDep) -> list[WrapUpCode]:
    """The tree of codes, parents before their children."""
    return await services.store.wrap_up_codes()
