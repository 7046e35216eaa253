"""Who is logged in, as route dependencies."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from server.access import Page, may_use
from server.auth import Denied
from server.services import ServicesDep
from server.store import UserRecord
from server.wire.base import ErrorCode


async def _newcomer(request: Request, services: ServicesDep) -> UserRecord:
    return await services.doorkeeper.newcomer(request)


async def _person(request: Request, services: ServicesDep) -> UserRecord:
    return await services.doorkeeper.person(request)


Newcomer = Annotated[UserRecord, Depends(_newcomer)]
"""Anyone logged in, even with a temporary password."""
Person = Annotated[UserRecord, Depends(_person)]
"""Anyone logged in."""


def _page(page: Page) -> Callable[..., Awaitable[UserRecord]]:
    async def allowed(user: Person) -> UserRecord:
        require_page(user, page)
        return user

    return allowed


Agent = Annotated[UserRecord, Depends(_page(Page.PANEL))]
Reader = Annotated[UserRecord, Depends(_page(Page.CONVERSATIONS))]
Reviewer = Annotated[UserRecord, Depends(_page(Page.REVIEW))]
Overseer = Annotated[UserRecord, Depends(_page(Page.FLOOR))]
Trainer = Annotated[UserRecord, Depends(_page(Page.TRAINING))]
Admin = Annotated[UserRecord, Depends(_page(Page.ADMIN))]


def require_page(user: UserRecord, page: Page) -> None:
    """Raise Denied unless the person may use the page."""
    if not may_use(user, page):
        raise Denied(ErrorCode.FORBIDDEN, f"your role has no access to `{page}`")
