"""Projections of suggestions, their receipts and what became of them."""

from sqlalchemy.ext.asyncio import AsyncSession

from server.store.project import sample
from server.store.project.lookup import suggestion_row
from server.store.tables.suggestions import OutcomeTable, SuggestionTable
from server.wire.events import (
    Card,
    Event,
    OutcomeKind,
    SuggestionOutcome,
    SuggestionRendered,
    SuggestionRevised,
    SuggestionsRaised,
)

NO_ACT = (OutcomeKind.EXPIRED, OutcomeKind.IGNORED)
CUSTOMER_SOURCES = ("interim", "final", "chat")
"""Only what a customer said becomes a sample: a search was typed by the agent, a context by a machine."""


async def raised(session: AsyncSession, event: Event, payload: SuggestionsRaised) -> None:
    """Freeze the cards as they were shown; mark those that they replace."""
    for card in payload.cards:
        session.add(_suggestion(event, payload, card))
    for suggestion_id in payload.replaces:
        (await suggestion_row(session, event, suggestion_id)).replaced_at = event.at


def _suggestion(event: Event, payload: SuggestionsRaised, card: Card) -> SuggestionTable:
    return SuggestionTable(
        id=card.suggestion_id,
        conversation_id=event.conversation_id,
        seq=event.seq,
        trigger=payload.trigger,
        trigger_text=payload.trigger_text,
        confirmed=card.source != "interim",
        **card.model_dump(exclude={"suggestion_id", "why"}),
        **payload.receipt.model_dump(exclude={"intent"}),
        intent_at=payload.receipt.intent,
    )


async def revised(session: AsyncSession, event: Event, payload: SuggestionRevised) -> None:
    """The same card, better known."""
    row = await suggestion_row(session, event, payload.suggestion_id)
    row.confidence = payload.confidence
    row.rank = payload.rank
    row.matched = payload.matched
    row.confirmed = payload.confirmed
    # A JSON column notices a new value, not a changed one.
    for name in ("reply", "reply_to_send", "holes", "filled"):
        if (known := getattr(payload, name)) is not None:
            setattr(row, name, known)


async def rendered(session: AsyncSession, event: Event, payload: SuggestionRendered) -> None:
    """Complete the receipts; the first painting counts."""
    for suggestion_id in payload.suggestion_ids:
        row = await suggestion_row(session, event, suggestion_id)
        if row.rendered is None:
            row.rendered = payload.rendered


async def outcome(session: AsyncSession, event: Event, payload: SuggestionOutcome) -> None:
    """Keep the outcome, complete the receipt, and take a sample where it teaches something."""
    row = await suggestion_row(session, event, payload.suggestion_id)
    if payload.outcome not in NO_ACT and row.acted is None:
        row.acted = event.at
    session.add(
        OutcomeTable(
            conversation_id=event.conversation_id,
            suggestion_id=payload.suggestion_id,
            outcome=payload.outcome.value,
            by=payload.by,
            action_id=payload.action_id,
            text=payload.text,
            score=payload.score,
            at=event.at,
        )
    )
    if row.source in CUSTOMER_SOURCES:
        await sample.from_outcome(session, event, payload, row)
    elif row.source == "search":
        await sample.from_search(session, event, payload, row)
