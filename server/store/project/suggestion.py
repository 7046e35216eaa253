"""Projections of suggestions, their receipts and what became of them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.store.project.lookup import conversation_row, suggestion_row
from server.store.tables.speech import UtteranceTable
from server.store.tables.suggestions import OutcomeTable, SampleTable, SuggestionTable
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
LABELLED = (OutcomeKind.USED, OutcomeKind.SENT)
TO_LABEL = (OutcomeKind.NOT_RIGHT, OutcomeKind.EDITED, OutcomeKind.DISMISSED)
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
        **card.model_dump(exclude={"suggestion_id"}),
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
    if row.source in CUSTOMER_SOURCES and payload.outcome in LABELLED + TO_LABEL:
        await _take_sample(session, event, payload, row)


async def _take_sample(
    session: AsyncSession, event: Event, payload: SuggestionOutcome, suggestion: SuggestionTable
) -> None:
    labelled = payload.outcome in LABELLED and suggestion.intent is not None
    sample = await _sample_of(session, event, suggestion)
    sample.state = "labelled" if labelled else "to_label"
    sample.label = suggestion.intent if labelled else None
    sample.labelled_by = payload.by if labelled else None
    sample.labelled_at = event.at if labelled else None
    sample.reason = payload.outcome.value
    session.add(sample)


async def _sample_of(session: AsyncSession, event: Event, suggestion: SuggestionTable) -> SampleTable:
    """The sample of a suggestion: one for all its outcomes, so that the last one decides."""
    found = select(SampleTable).where(col(SampleTable.suggestion_id) == suggestion.id)
    known = (await session.execute(found)).scalar_one_or_none()
    if known is not None:
        return known
    conversation = await conversation_row(session, event)
    # Cards raised on an interim saw only part of what the customer went on to say.
    utterance = await session.get(UtteranceTable, suggestion.trigger)
    return SampleTable(
        tenant=conversation.tenant,
        team=conversation.team,
        state="to_label",
        text=utterance.text if utterance is not None else suggestion.trigger_text,
        language=conversation.language,
        article_id=suggestion.article_id,
        article_version=suggestion.article_version,
        reason="",
        conversation_id=conversation.id,
        utterance_id=suggestion.trigger,
        suggestion_id=suggestion.id,
        mask_version=utterance.mask_version if utterance is not None else 0,
        consent=conversation.consent,
        retention_class=conversation.retention_class,
        created_at=event.at,
    )
