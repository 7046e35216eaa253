"""Who is logged in, as route dependencies."""

from typing import Annotated

from fastapi import Depends, Request

from server.auth import Denied
from server.services import ServicesDep
from server.store import UserRecord, UserRole
from server.wire.base import ErrorCode


async def _person(request: Request, services: ServicesDep) -> UserRecord:
    return await services.doorkeeper.person(request)


Person = Annotated[UserRecord, Depends(_person)]


def sees_all(user: UserRecord) -> bool:
    """Whether the person may read conversations that are not theirs."""
    return user.role is not UserRole.AGENT


def require(allowed: bool, message: str) -> None:
    """Raise Denied unless `allowed`."""
    if not allowed:
        raise Denied(ErrorCode.FORBIDDEN, message)
