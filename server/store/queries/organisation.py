"""Queues and their policies, agents' extensions, wrap-up codes, audit."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal, cast

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.errors import InvalidError
from server.store.project.conversation import queue_row
from server.store.records import QueuePolicy
from server.store.tables.organisation import AuditTable, QueueTable, WrapUpCodeTable
from server.store.tables.people import AgentExtensionTable, UserTable
from server.wire.rest import WrapUpCode


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
        recording_policy=row.recording_policy,
    )


async def save_queue(session: AsyncSession, policy: QueuePolicy) -> None:
    """Make or change a queue."""
    if policy.chat_action not in ("send", "insert"):
        raise InvalidError("a queue's chat_action is `send` or `insert`")
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


async def assign_extension(session: AsyncSession, tenant: str, extension: str, login: str, at: float) -> None:
    """From `at` on the extension is this agent's and nobody else's."""
    account = select(col(UserTable.id)).where(col(UserTable.tenant) == tenant, col(UserTable.login) == login)
    if (await session.execute(account)).first() is None:
        raise InvalidError(f"no user has the login {login}")
    held = select(AgentExtensionTable).where(
        col(AgentExtensionTable.tenant) == tenant,
        col(AgentExtensionTable.extension) == extension,
        col(AgentExtensionTable.valid_to).is_(None),
    )
    for seat in (await session.execute(held)).scalars():
        seat.valid_to = at
    session.add(AgentExtensionTable(tenant=tenant, extension=extension, login=login, valid_from=at))


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
