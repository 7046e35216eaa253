"""Logging in and out."""

from math import ceil
from time import monotonic

from fastapi import APIRouter, Request, Response

from server.auth import COOKIE, Denied, Refusal
from server.routes.people import Person
from server.services import Services, ServicesDep
from server.store import StoreError, UserRecord
from server.wire.base import ErrorCode
from server.wire.rest import LoginRequest, Me

router = APIRouter(prefix="/v1/session", tags=["session"])


@router.post("")
async def log_in(body: LoginRequest, request: Request, response: Response, services: ServicesDep) -> Me:
    """Check the password and set the session cookie."""
    services.doorkeeper.check_origin(request)
    user = await _verified(body, services)
    hours = services.settings.session_hours
    token = await services.store.sessions.create(user.login, hours)
    response.set_cookie(
        COOKIE, token, max_age=int(hours * 3600), httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return _me(user, services)


@router.get("")
async def who_am_i(user: Person, services: ServicesDep) -> Me:
    """The logged-in person."""
    return _me(user, services)


@router.delete("", status_code=204)
async def log_out(request: Request, response: Response, services: ServicesDep) -> None:
    """End the session; fine if there is none."""
    services.doorkeeper.check_origin(request)
    token = request.cookies.get(COOKIE)
    if token:
        await services.store.sessions.delete(token)
    response.delete_cookie(COOKIE)


async def _verified(body: LoginRequest, services: Services) -> UserRecord:
    """The person whose login and password these are. Raises Refusal, StoreError."""
    attempts = services.doorkeeper.attempts
    # Counted before the password is checked, so that attempts at the same time count too.
    wait = attempts.begin(body.login, monotonic())
    if wait > 0:
        after = {"Retry-After": str(ceil(wait))}
        raise Refusal(429, ErrorCode.TOO_FAST, "too many failed logins; try again later", after)
    try:
        user = await services.store.users.verify(body.login, body.password)
    except StoreError:
        attempts.forget(body.login)
        raise
    if user is None:
        raise Denied(ErrorCode.UNAUTHENTICATED, "login or password is wrong")
    attempts.forget(body.login)
    return user


def _me(user: UserRecord, services: Services) -> Me:
    return Me(login=user.login, display_name=user.display_name, role=user.role, demo=services.demo is not None)
