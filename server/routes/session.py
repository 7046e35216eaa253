"""Logging in and out, and changing one's password."""

from collections.abc import Awaitable
from math import ceil
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from server.access import pages_of
from server.auth import Denied, Refusal, cookie_name, is_secure
from server.live.conversation import SessionsEnded, session_topic
from server.pace import Locked
from server.routes.people import Newcomer
from server.services import Services, ServicesDep
from server.store import UserRecord
from server.store.passwords import check_password
from server.wire.base import ErrorCode
from server.wire.rest import LoginRequest, Me, PasswordRequest

router = APIRouter(prefix="/v1/session", tags=["session"])
T = TypeVar("T")


@router.post("")
async def log_in(body: LoginRequest, request: Request, response: Response, services: ServicesDep) -> Me:
    """Check the password and set the session cookie; 429 with `Retry-After` after too many wrong ones in a row."""
    door, hours = services.doorkeeper, services.settings.session_hours
    door.check_origin(request)
    admitted = await _unless_locked(services.store.sessions.log_in(body.login, body.password, hours, door.lockout))
    if admitted is None:
        raise Denied(ErrorCode.UNAUTHENTICATED, "login or password is wrong")
    user, token = admitted
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=int(hours * 3600),
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return _me(user, services)


@router.get("")
async def who_am_i(user: Newcomer, services: ServicesDep) -> Me:
    """The logged-in person."""
    return _me(user, services)


@router.delete("", status_code=204)
async def log_out(request: Request, response: Response, services: ServicesDep) -> None:
    """End the session; fine if there is none."""
    services.doorkeeper.check_origin(request)
    token = request.cookies.get(cookie_name(request))
    if token:
        user = await services.store.sessions.get(token)
        await services.store.sessions.delete(token)
        if user is not None:
            services.hub.publish(session_topic(user.login), SessionsEnded())
    response.delete_cookie(cookie_name(request), httponly=True, samesite="lax", secure=is_secure(request))


@router.post("/password", status_code=204)
async def change_password(user: Newcomer, body: PasswordRequest, request: Request, services: ServicesDep) -> None:
    """Choose another password, which ends one's other sessions; wrong old ones count like failed logins."""
    check_password(user.login, body.new)
    if body.new == body.old:
        raise Refusal(422, ErrorCode.WEAK_PASSWORD, "the new password is the old one")
    token = request.cookies[cookie_name(request)]
    changing = services.store.sessions.change_password(token, body.old, body.new, services.doorkeeper.lockout)
    if not await _unless_locked(changing):
        raise Denied(ErrorCode.FORBIDDEN, "the old password is wrong")
    services.hub.publish(session_topic(user.login), SessionsEnded())
    await services.store.append_audit(user.login, "user.password", ("user", user.login), tenant=user.tenant)


async def _unless_locked(attempt: Awaitable[T]) -> T:
    """What the attempt gives. Raises Refusal while there were too many."""
    try:
        return await attempt
    except Locked as locked:
        after = {"Retry-After": str(ceil(locked.wait))}
        raise Refusal(429, ErrorCode.TOO_FAST, "too many wrong passwords; try again later", after) from locked


def _me(user: UserRecord, services: Services) -> Me:
    return Me(
        login=user.login,
        display_name=user.display_name,
        role=user.role,
        demo=services.demo is not None,
        pages=sorted(pages_of(user)),
        must_change_password=user.must_change_password,
    )
