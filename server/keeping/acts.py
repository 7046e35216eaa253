"""What people do about privacy, each with its line in the audit."""

from dataclasses import dataclass
from time import time

from sqlalchemy.ext.asyncio import AsyncSession

from server.ids import new_id
from server.keeping.exporting import Export
from server.keeping.keeper import Keeper
from server.store import InvalidError, Store
from server.store.queries import audit, customers, holds, keeping
from server.store.queries.customers import Found
from server.store.queries.holds import CUSTOMER, Hold
from server.store.queries.keeping import Rule
from server.store.queries.organisation import append_audit

LISTEN = "recording.listen"
ONCE_SECONDS = 600.0
"""A player fetches a recording piece by piece, a page is opened again: one line in so many seconds."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the login (or `cli`) and the tenant."""

    login: str
    tenant: str = "default"


async def set_rule(store: Store, actor: Actor, rule: Rule) -> None:
    """Make or change a retention rule. Raises `InvalidError`."""
    days = {"audio_days": rule.audio_days, "text_days": rule.text_days, "sample_days": rule.sample_days}

    async def work(session: AsyncSession) -> None:
        await keeping.set_rule(session, rule)
        await append_audit(
            session, actor.tenant, time(), actor.login, "rule.set", ("retention_class", rule.retention_class), days
        )

    await store.write(work)


async def set_product(store: Store, actor: Actor, name: str, retention_class: str | None) -> None:
    """Give a product's conversations a class of their own, or take it away. Raises `InvalidError`, `NotFoundError`."""

    async def work(session: AsyncSession) -> None:
        await keeping.set_product(session, actor.tenant, name, retention_class)
        detail = {"retention_class": retention_class}
        await append_audit(session, actor.tenant, time(), actor.login, "product.set", ("product", name), detail)

    await store.write(work)


async def place_hold(keeper: Keeper, actor: Actor, subject_type: str, subject_id: str, reason: str) -> Hold:
    """Place a legal hold. Raises `NotFoundError`, `InvalidError`, `ConflictError`."""
    mark = keeper.mark(actor.tenant, subject_id) if subject_type == CUSTOMER else None
    hold = Hold(new_id(), subject_type, subject_id, reason, actor.login, time(), mark)

    async def work(session: AsyncSession) -> None:
        await holds.place(session, actor.tenant, hold)
        await _note_hold(session, actor, "hold.place", hold)

    await keeper.store.write(work)
    return hold


async def release_hold(keeper: Keeper, actor: Actor, hold_id: str, reason: str) -> Hold:
    """Release a legal hold. Raises `NotFoundError`, `InvalidError`, `ConflictError`."""

    async def work(session: AsyncSession) -> Hold:
        hold = await holds.release(session, actor.tenant, hold_id, actor.login, reason, time())
        await _note_hold(session, actor, "hold.release", hold)
        return hold

    return await keeper.store.write(work)


async def _note_hold(session: AsyncSession, actor: Actor, action: str, hold: Hold) -> None:
    subject = (hold.subject_type, hold.mark or hold.subject_id)
    await append_audit(session, actor.tenant, time(), actor.login, action, subject, {"hold": hold.hold_id})


async def look_up(keeper: Keeper, actor: Actor, customer: str) -> tuple[Found, list[Hold]]:
    """How much there is of a customer, and the holds on it."""
    async with keeper.store.read() as session:
        found = await customers.count(session, actor.tenant, customer)
        ids = await customers.conversations(session, actor.tenant, customer)
        held = await holds.on(session, actor.tenant, CUSTOMER, [customer])
        held += await holds.on(session, actor.tenant, holds.CONVERSATION, ids)
    mark = keeper.mark(actor.tenant, customer)
    await keeper.store.append_audit(actor.login, "customer.look_up", (CUSTOMER, mark), tenant=actor.tenant)
    return found, held


async def export(keeper: Keeper, actor: Actor, customer: str) -> Export:
    """The export of a customer, noted before its first byte. Raises `InvalidError` where there is nothing."""
    async with keeper.store.read() as session:
        found = await customers.count(session, actor.tenant, customer)
    if not (found.conversations or found.tasks):
        raise InvalidError("nothing is stored of this customer")
    mark = keeper.mark(actor.tenant, customer)
    detail = {"conversations": found.conversations, "recordings": found.recordings}
    await keeper.store.append_audit(actor.login, "customer.export", (CUSTOMER, mark), detail, actor.tenant)
    return Export(keeper.store, keeper.data_dir, actor.tenant, customer, mark, actor.login)


async def note_once(store: Store, actor: Actor, action: str, conversation_id: str) -> None:
    """Note that somebody read or heard a conversation, once in `ONCE_SECONDS`."""
    subject = (holds.CONVERSATION, conversation_id)
    await store.write(
        lambda session: audit.append_once(session, actor.tenant, time(), actor.login, action, subject, ONCE_SECONDS)
    )
