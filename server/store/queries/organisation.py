"""Queues and their policies, agents' extensions, wrap-up codes, audit."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal, cast

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import InvalidError
from server.store.project.conversation import queue_row
from server.store.records import ALL_TEAMS, QueuePolicy, Seat
from server.store.tables.organisation import AuditTable, QueueTable, WrapUpCodeTable
from server.store.tables.people import AgentExtensionTable, UserTable
from server.wire.rest import WrapUpCode

NAME = re.compile(r"[\w.:@+-]{1,128}")
"""What a retention class may be called; see `server.wire.listen.Name`."""


async def queue_policy(session: AsyncSession, tenant: str, queue: str) -> QueuePolicy:
    """The queue's policies, or those of the default queue."""
    return _policy(await queue_row(session, tenant, queue), queue)


async def queues(session: AsyncSession, tenant: str) -> list[QueuePolicy]:
    """Every queue with a row of its own, by name."""
    found = select(QueueTable).where(col(QueueTable.tenant) == tenant).order_by(col(QueueTable.name))
    return [_policy(row, row.name) for row in (await session.execute(found)).scalars()]


def _policy(row: QueueTable, queue: str) -> QueuePolicy:
    return QueuePolicy(
        queue=queue,
        tenant=row.tenant,
        team=row.team,
        language=row.language,
        text_out_on_call=row.text_out_on_call,
        chat_action=cast(Literal["send", "insert"], row.chat_action),
        webhook_url=row.webhook_url,
        webhook_secret=row.webhook_secret,
        retention_class=row.retention_class,
        recording_policy=cast(Literal["record", "off", "on_demand"], row.recording_policy),
    )


async def save_queue(session: AsyncSession, policy: QueuePolicy) -> None:
    """Make or change a queue."""
    if policy.chat_action not in ("send", "insert"):
        raise InvalidError("a queue's chat_action is `send` or `insert`")
    if policy.recording_policy not in ("record", "off", "on_demand"):
        raise InvalidError("a queue's recording is `record`, `off` or `on_demand`")
    if not NAME.fullmatch(policy.retention_class):
        raise InvalidError("a retention class is named by letters, digits and . : @ + - _, 128 at most")
    if not policy.team.strip() or policy.team == ALL_TEAMS or len(policy.team) > 128:
        raise InvalidError("a queue belongs to one team, named in 128 characters at most")
    if policy.webhook_url and not policy.webhook_secret:
        raise InvalidError("a queue with a webhook_url needs a webhook_secret to sign with")
    values = asdict(policy)
    values["name"] = values.pop("queue")
    await session.merge(QueueTable(**values))


async def resolve_agent(session: AsyncSession, tenant: str, name: str, at: float) -> str | None:
    """The login that `name` is, or the one whose extension it is at that time. None: nobody's, or not clear."""
    login = select(col(UserTable.login)).where(
        col(UserTable.tenant) == tenant, col(UserTable.login) == name, col(UserTable.disabled).is_(False)
    )
    found = (await session.execute(login)).scalar_one_or_none()
    if found is not None:
        return found
    logins = set((await session.execute(_at_extension(tenant, name, at))).scalars())
    # Two agents at one extension: better nobody's screen than the wrong one.
    return logins.pop() if len(logins) == 1 else None


def _at_extension(tenant: str, extension: str, at: float) -> Select[str]:
    seat = AgentExtensionTable
    return (
        select(col(seat.login))
        .join(UserTable, (col(UserTable.tenant) == col(seat.tenant)) & (col(UserTable.login) == col(seat.login)))
        .where(
            col(seat.tenant) == tenant,
            col(seat.extension) == extension,
            col(seat.valid_from) <= at,
            or_(col(seat.valid_to).is_(None), col(seat.valid_to) > at),
            col(UserTable.disabled).is_(False),
        )
    )


async def assign_extension(
    session: AsyncSession, tenant: str, extension: str, login: str, start: float, end: float | None
) -> None:
    """From `start` until before `end` (None: for good) the extension is this agent's and nobody else's."""
    if end is not None and end <= start:
        raise InvalidError("an extension's time must end after it begins")
    account = select(col(UserTable.id)).where(col(UserTable.tenant) == tenant, col(UserTable.login) == login)
    if (await session.execute(account)).first() is None:
        raise InvalidError(f"no user has the login {login}")
    await free_extension(session, tenant, extension, start, end)
    session.add(AgentExtensionTable(tenant=tenant, extension=extension, login=login, valid_from=start, valid_to=end))


async def free_extension(session: AsyncSession, tenant: str, extension: str, start: float, end: float | None) -> None:
    """Nobody has the extension from `start` until before `end`; who had it before and after keeps those times."""
    seat = AgentExtensionTable
    held = select(seat).where(
        col(seat.tenant) == tenant,
        col(seat.extension) == extension,
        or_(col(seat.valid_to).is_(None), col(seat.valid_to) > start),
    )
    for row in (await session.execute(held)).scalars().all():
        begun, ends = row.valid_from, row.valid_to
        if end is not None and begun >= end:
            continue
        if end is not None and (ends is None or ends > end):
            session.add(seat(tenant=tenant, extension=extension, login=row.login, valid_from=end, valid_to=ends))
        if begun < start:
            row.valid_to = start
        else:
            await session.delete(row)


async def seats(session: AsyncSession, tenant: str, now: float) -> list[Seat]:
    """The extensions that are or will be somebody's, by extension and time."""
    seat = AgentExtensionTable
    found = (
        select(seat)
        .where(col(seat.tenant) == tenant, or_(col(seat.valid_to).is_(None), col(seat.valid_to) > now))
        .order_by(col(seat.extension), col(seat.valid_from))
    )
    rows = (await session.execute(found)).scalars()
    return [Seat(row.login, row.extension, row.valid_from, row.valid_to) for row in rows]


async def import_wrap_up_codes(session: AsyncSession, tenant: str, codes: Sequence[WrapUpCode]) -> None:
    """Add or rename codes; a parent must be in the list above its children, or be known already."""
    known = set((await session.execute(_codes(tenant).with_only_columns(col(WrapUpCodeTable.code)))).scalars())
    for position, code in enumerate(codes):
        if code.parent is not None and code.parent not in known:
            raise InvalidError(f"wrap-up code {code.code} names the unknown parent {code.parent}")
        known.add(code.code)
        await session.merge(WrapUpCodeTable(tenant=tenant, position=position, **code.model_dump()))


async def wrap_up_codes(session: AsyncSession, tenant: str) -> list[WrapUpCode]:
    """The codes in use, parents before their children."""
    rows = (await session.execute(_codes(tenant))).scalars()
    fields = set(WrapUpCode.model_fields)
    return [WrapUpCode(**row.model_dump(include=fields)) for row in rows]


def _codes(tenant: str) -> Select[WrapUpCodeTable]:
    return (
        select(WrapUpCodeTable)
        .where(col(WrapUpCodeTable.tenant) == tenant, col(WrapUpCodeTable.active).is_(True))
        .order_by(col(WrapUpCodeTable.position), col(WrapUpCodeTable.code))
    )


async def append_audit(
    session: AsyncSession,
    tenant: str,
    at: float,
    by: str,
    action: str,
    subject: tuple[str, str],
    detail: dict[str, Any],
) -> None:
    """Note who did what to which (type, id)."""
    kind, subject_id = subject
    session.add(
        AuditTable(tenant=tenant, at=at, by=by, action=action, subject_type=kind, subject_id=subject_id, detail=detail)
    )
