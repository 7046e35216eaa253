"""Retention, legal holds, a customer's export and deletion, receipts and the audit, for admins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from server.auth import load_secret
from server.keeping import acts
from server.keeping.acts import Actor
from server.keeping.keeper import Keeper
from server.keeping.told import told_class, told_entry, told_hold, told_receipt
from server.routes.paging import Limit, Moment, Offset
from server.routes.people import Admin
from server.services import Services, ServicesDep
from server.store import InvalidError
from server.store.queries import audit, holds, keeping, receipts
from server.store.queries.keeping import Rule
from server.wire.listen import Name
from server.wire.privacy import (
    AuditPage,
    CustomerFound,
    CustomerRequest,
    DeletionReceiptRow,
    DeletionRequest,
    HoldRequest,
    LegalHold,
    ProductRequest,
    ReceiptPage,
    ReleaseRequest,
    RetentionOverview,
    RetentionRuleRequest,
)

router = APIRouter(prefix="/v1", tags=["privacy"])


def keeper_of(services: Services) -> Keeper:
    """What deletes on this node."""
    settings = services.settings
    url = settings.resolved_database_url()
    return Keeper(services.store, url, settings.data_dir, load_secret(settings), services.conversations)


def _keeper(services: ServicesDep) -> Keeper:
    return keeper_of(services)


KeeperDep = Annotated[Keeper, Depends(_keeper)]


def _acting(user: Admin) -> Actor:
    return Actor(user.login, user.tenant)


ActorDep = Annotated[Actor, Depends(_acting)]


@router.get("/privacy/rules")
async def rules(admin: ActorDep, services: ServicesDep) -> RetentionOverview:
    """Every retention class that has a rule or is used."""
    async with services.store.read() as session:
        classes = await keeping.classes(session, admin.tenant)
    return RetentionOverview(classes=[told_class(use) for use in classes], sweep_hours=services.settings.sweep_hours)


@router.put("/privacy/rules/{retention_class}", status_code=204)
async def set_rule(retention_class: Name, body: RetentionRuleRequest, admin: ActorDep, services: ServicesDep) -> None:
    """Make or change a rule; it holds for what is stored already, too."""
    rule = Rule(retention_class, body.audio_days, body.text_days, body.sample_days, admin.tenant)
    await acts.set_rule(services.store, admin, rule)


@router.put("/privacy/products/{product}", status_code=204)
async def set_product(product: Name, body: ProductRequest, admin: ActorDep, services: ServicesDep) -> None:
    """Keep a product's conversations by a class of its own; holds for those that begin later."""
    await acts.set_product(services.store, admin, product, body.retention_class)


@router.get("/privacy/holds")
async def list_holds(admin: ActorDep, services: ServicesDep) -> list[LegalHold]:
    """Legal holds: those in force first."""
    async with services.store.read() as session:
        return [told_hold(hold) for hold in await holds.listing(session, admin.tenant)]


@router.post("/privacy/holds", status_code=201)
async def place_hold(body: HoldRequest, admin: ActorDep, keeper: KeeperDep) -> LegalHold:
    """Place a legal hold: nothing of its subject is deleted until it is released."""
    return told_hold(await acts.place_hold(keeper, admin, body.subject_type, body.subject_id, body.reason))


@router.post("/privacy/holds/{hold_id}/release")
async def release_hold(hold_id: str, body: ReleaseRequest, admin: ActorDep, keeper: KeeperDep) -> LegalHold:
    """Release a legal hold."""
    return told_hold(await acts.release_hold(keeper, admin, hold_id, body.reason))


@router.post("/privacy/customer")
async def look_up(body: CustomerRequest, admin: ActorDep, keeper: KeeperDep) -> CustomerFound:
    """How much is stored of a customer. A body and not an address: addresses end up in logs."""
    found, held = await acts.look_up(keeper, admin, body.customer)
    return CustomerFound(
        conversations=found.conversations,
        recordings=found.recordings,
        samples=found.samples,
        tasks=found.tasks,
        holds=[told_hold(hold) for hold in held],
    )


@router.post("/privacy/customer/export")
async def export(body: CustomerRequest, admin: ActorDep, keeper: KeeperDep) -> StreamingResponse:
    """Everything of a customer as a ZIP: events as stored, rows, samples, tasks, recordings, a manifest."""
    made = await acts.export(keeper, admin, body.customer)
    headers = {
        "Content-Disposition": f'attachment; filename="tici-export-{made.mark[:12]}.zip"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(made.chunks(), media_type="application/zip", headers=headers)


@router.post("/privacy/customer/delete")
async def delete(body: DeletionRequest, admin: ActorDep, keeper: KeeperDep) -> DeletionReceiptRow:
    """Delete everything of a customer. 409 while a legal hold lies on it (the message names it) or they are talking."""
    if body.confirm != body.customer:
        raise InvalidError("repeat the customer's reference in `confirm`")
    return told_receipt(await keeper.delete_customer(admin.tenant, body.customer, admin.login))


@router.get("/privacy/receipts")
async def list_receipts(admin: ActorDep, services: ServicesDep, offset: Offset = 0, limit: Limit = 50) -> ReceiptPage:
    """Receipts of deletions, newest first."""
    async with services.store.read() as session:
        rows, total = await receipts.page(session, admin.tenant, offset, limit)
    return ReceiptPage(rows=[told_receipt(row) for row in rows], total=total)


@router.get("/audit")
async def list_audit(
    admin: ActorDep,
    services: ServicesDep,
    by: str | None = None,
    action: str | None = None,
    subject_type: str | None = None,
    subject_id: str | None = None,
    since: Annotated[float | None, Moment, Query(description="Included.")] = None,
    until: Annotated[float | None, Moment, Query(description="Not included.")] = None,
    offset: Offset = 0,
    limit: Limit = 50,
) -> AuditPage:
    """Who did what to which, newest first; every filter narrows it."""
    wanted = audit.Wanted(by, action, subject_type, subject_id, since, until)
    async with services.store.read() as session:
        rows, total = await audit.page(session, admin.tenant, wanted, offset, limit)
    return AuditPage(rows=[told_entry(row) for row in rows], total=total)
