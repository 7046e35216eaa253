"""Projections of what decides whether and how long something is kept: recording, consent, product."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.store.project import sample
from server.store.project.lookup import conversation_row
from server.store.tables.keeping import ConsentTable, ProductTable, RecordingSwitchTable
from server.wire.events import Consent, ConsentChanged, Event, ProductBound, RecordingChanged


async def recording_changed(session: AsyncSession, event: Event, payload: RecordingChanged) -> None:
    """The recording goes on or pauses."""
    await conversation_row(session, event)
    session.add(
        RecordingSwitchTable(
            conversation_id=event.conversation_id,
            recording=payload.recording,
            at=payload.when,
            by=payload.by,
            reason=payload.reason,
        )
    )


async def consent_changed(session: AsyncSession, event: Event, payload: ConsentChanged) -> None:
    """What the customer said last holds for the whole conversation; a refusal takes its samples along."""
    conversation = await conversation_row(session, event)
    conversation.consent = payload.consent.value
    session.add(
        ConsentTable(conversation_id=event.conversation_id, consent=payload.consent.value, by=payload.by, at=event.at)
    )
    if payload.consent is Consent.REFUSED:
        await sample.forget(session, event.conversation_id)


async def product_bound(session: AsyncSession, event: Event, payload: ProductBound) -> None:
    """The conversation is about this product, and is kept as long as the product says, if it says so."""
    conversation = await conversation_row(session, event)
    conversation.product = payload.product
    conversation.retention_class = await retention_class(
        session, conversation.tenant, payload.product, conversation.retention_class
    )


async def retention_class(session: AsyncSession, tenant: str, product: str | None, otherwise: str) -> str:
    """The class of a product that has one of its own, else the one given."""
    row = await session.get(ProductTable, (tenant, product)) if product is not None else None
    return row.retention_class if row is not None else otherwise
