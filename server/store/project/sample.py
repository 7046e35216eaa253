"""Samples from what happened: outcomes of cards, articles found by hand, and what the suggester was unsure of.

Only what a customer said in talk, under no refused consent, becomes a sample.
"""

import hashlib
import re
from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kb.text import normalise, search_form
from server.masking import MASK_VERSION
from server.masking.labels import PLACEHOLDER
from server.store.project.lookup import conversation_row
from server.store.tables.conversations import ConversationTable
from server.store.tables.speech import UtteranceTable
from server.store.tables.suggestions import SampleTable, SuggestionTable
from server.wire.events import Consent, Event, OutcomeKind, Role, SegmentKind, SuggestionOutcome, SuggestionsUnsure

LABELLED = (OutcomeKind.USED, OutcomeKind.SENT)
TO_LABEL = (OutcomeKind.NOT_RIGHT, OutcomeKind.EDITED, OutcomeKind.DISMISSED)
TAKEN = (*LABELLED, OutcomeKind.EDITED)
TALKING = (SegmentKind.TALK.value, SegmentKind.CONFERENCE.value)
SHORTEST = 4
"""Characters that a text needs, hesitations and masks apart, to be asked about."""
SAME_TURN_SECONDS = 60.0
SAME_TURN_PARTS = 4
"""How far back, in time and in the customer's utterances, an article found by hand can be the answer."""


_LABEL = re.compile(PLACEHOLDER)
_LAST_FOUR = re.compile(r" (?:尾号|ending )[0-9]{4}(?=\])")


def text_key(text: str) -> str:
    """The same for texts that differ in hesitations, punctuation and the like only; tells nothing of the text."""
    return hashlib.sha256((search_form(text) or normalise(text) or text).encode()).hexdigest()[:32]


async def from_outcome(
    session: AsyncSession, event: Event, payload: SuggestionOutcome, suggestion: SuggestionTable
) -> None:
    """What an agent did with a card tells what the customer's words meant, or that somebody has to say it."""
    utterance = await session.get(UtteranceTable, suggestion.trigger)
    conversation = await conversation_row(session, event)
    if payload.outcome not in LABELLED + TO_LABEL or not _teaches(conversation, utterance):
        return
    sample = await _sample_of(session, event, suggestion, conversation, utterance)
    if sample.decision_id is not None:
        return  # a trainer knew better meanwhile
    labelled = payload.outcome in LABELLED and suggestion.intent is not None
    sample.state = "labelled" if labelled else "to_label"
    sample.label = suggestion.intent if labelled else None
    sample.labelled_by = payload.by if labelled else None
    sample.labelled_at = event.at if labelled else None
    sample.reason = payload.outcome.value
    sample.revision += 1
    session.add(sample)


async def from_search(
    session: AsyncSession, event: Event, payload: SuggestionOutcome, suggestion: SuggestionTable
) -> None:
    """The agent found by hand what no card, or the wrong ones, had offered: that is what the customer meant."""
    if payload.outcome not in TAKEN or suggestion.intent is None:
        return
    for utterance in await _said_before(session, suggestion):
        if await _answered(session, utterance):
            return
        rows = await _open_rows(session, utterance)
        for sample in rows:
            sample.reason = "corrected"
            sample.guess, sample.confidence, sample.threshold = suggestion.intent, None, None
            sample.article_id, sample.article_version = suggestion.article_id, suggestion.article_version
            sample.revision += 1
        if rows:
            return


async def unsure(session: AsyncSession, event: Event, payload: SuggestionsUnsure) -> None:
    """Keep what the suggester was unsure of, once for texts that say the same."""
    utterance = await session.get(UtteranceTable, payload.trigger)
    conversation = await conversation_row(session, event)
    if utterance is None or not _teaches(conversation, utterance):
        return
    if len(search_form(_LABEL.sub("", utterance.text))) < SHORTEST:
        return
    known = (await session.execute(_alike(conversation, utterance.text))).scalars().all()
    if known:
        again = next((sample for sample in known if sample.state == "to_label"), None)
        if again is not None:
            again.seen += 1
        return
    sample = _new(event, conversation, utterance, utterance.id, utterance.text)
    sample.reason = "uncertain"
    sample.guess, sample.confidence, sample.threshold = payload.guess, payload.confidence, payload.threshold
    session.add(sample)


async def forget(session: AsyncSession, conversation_id: str) -> None:
    """No sample of the conversation is kept: the customer refused."""
    await session.execute(delete(SampleTable).where(col(SampleTable.conversation_id) == conversation_id))


def _teaches(conversation: ConversationTable, utterance: UtteranceTable | None) -> bool:
    if conversation.consent == Consent.REFUSED.value:
        return False
    if utterance is None:
        return True  # not finished yet; cards come in talk only
    in_talk = utterance.segment is None or utterance.segment in TALKING
    return utterance.role == Role.CUSTOMER.value and utterance.sound == "speech" and in_talk


async def _sample_of(
    session: AsyncSession,
    event: Event,
    suggestion: SuggestionTable,
    conversation: ConversationTable,
    utterance: UtteranceTable | None,
) -> SampleTable:
    """The sample of a suggestion, one for all its outcomes so that the last one decides.

    One that was kept because the suggester was unsure becomes it.
    """
    of_card = select(SampleTable).where(col(SampleTable.suggestion_id) == suggestion.id)
    known = (await session.execute(of_card)).scalar_one_or_none()
    if known is not None:
        return known
    of_words = select(SampleTable).where(
        col(SampleTable.conversation_id) == event.conversation_id,
        col(SampleTable.utterance_id) == suggestion.trigger,
        col(SampleTable.decision_id).is_(None),
    )
    others = (await session.execute(of_words)).scalars().all()
    sample = next((other for other in others if other.suggestion_id is None), None)
    if sample is None:
        # Cards raised on an interim saw only part of what the customer went on to say.
        text = utterance.text if utterance is not None else suggestion.trigger_text
        sample = _new(event, conversation, utterance, suggestion.trigger, text)
        sample.seen = 0 if others else 1
    sample.suggestion_id = suggestion.id
    sample.article_id, sample.article_version = suggestion.article_id, suggestion.article_version
    sample.guess, sample.confidence = suggestion.intent, suggestion.confidence
    return sample


def _new(
    event: Event, conversation: ConversationTable, utterance: UtteranceTable | None, utterance_id: str, text: str
) -> SampleTable:
    return SampleTable(
        tenant=conversation.tenant,
        team=conversation.team,
        queue=conversation.queue,
        state="to_label",
        text=_kept(text),
        text_key=text_key(_kept(text)),
        language=utterance.language if utterance is not None else conversation.language,
        reason="",
        conversation_id=conversation.id,
        utterance_id=utterance_id,
        mask_version=utterance.mask_version if utterance is not None else MASK_VERSION,
        consent=conversation.consent,
        retention_class=conversation.retention_class,
        created_at=event.at,
    )


async def _said_before(session: AsyncSession, search: SuggestionTable) -> Sequence[UtteranceTable]:
    """The customer's last utterances before an article was put up by hand, the latest first."""
    found = (
        select(UtteranceTable)
        .where(
            col(UtteranceTable.conversation_id) == search.conversation_id,
            col(UtteranceTable.role) == Role.CUSTOMER.value,
            col(UtteranceTable.seq) < search.seq,
        )
        .order_by(col(UtteranceTable.seq).desc())
        .limit(SAME_TURN_PARTS)
    )
    rows = (await session.execute(found)).scalars().all()
    return [row for row in rows if rows[0].end - row.end <= SAME_TURN_SECONDS]


async def _open_rows(session: AsyncSession, utterance: UtteranceTable) -> Sequence[SampleTable]:
    conversation = await session.get(ConversationTable, utterance.conversation_id)
    if conversation is None:
        return []
    found = _alike(conversation, utterance.text).where(col(SampleTable.state) == "to_label")
    rows = (await session.execute(found)).scalars().all()
    return [row for row in rows if row.utterance_id == utterance.id] or rows


async def _answered(session: AsyncSession, utterance: UtteranceTable) -> bool:
    """Whether the agent took up a card of the utterance."""
    found = select(col(SampleTable.id)).where(
        col(SampleTable.utterance_id) == utterance.id, col(SampleTable.state) == "labelled"
    )
    return (await session.execute(found.limit(1))).first() is not None


def _alike(conversation: ConversationTable, text: str) -> Select[SampleTable]:
    return select(SampleTable).where(
        col(SampleTable.tenant) == conversation.tenant,
        col(SampleTable.team) == conversation.team,
        col(SampleTable.text_key) == text_key(_kept(text)),
    )


def _kept(text: str) -> str:
    """A masked text without the digits that only an agent needs."""
    return _LAST_FOUR.sub("", text)
