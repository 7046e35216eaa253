"""What there was around a sample: the turns beside it and the cards that the agent saw."""

from collections.abc import Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.masking import Masker
from server.store.tables.speech import UtteranceTable
from server.store.tables.suggestions import OutcomeTable, SampleTable, SuggestionTable
from server.wire.events import OutcomeKind, Role
from server.wire.training import SampleCard, SampleTurn

BEFORE = 6
AFTER = 1
LEFT = (OutcomeKind.EXPIRED.value, OutcomeKind.IGNORED.value)


async def turns(session: AsyncSession, sample: SampleTable) -> list[SampleTurn]:
    """The turns before the sample's words, the words themselves and what followed; none once they are deleted."""
    utterance = await session.get(UtteranceTable, sample.utterance_id or "")
    if utterance is None or utterance.conversation_id != sample.conversation_id:
        return []
    here = select(UtteranceTable).where(col(UtteranceTable.conversation_id) == utterance.conversation_id)
    seq = col(UtteranceTable.seq)
    before = await session.execute(here.where(seq < utterance.seq).order_by(seq.desc()).limit(BEFORE))
    after = await session.execute(here.where(seq > utterance.seq).order_by(seq).limit(AFTER))
    rows = [*reversed(before.scalars().all()), utterance, *after.scalars().all()]
    return _masked(rows, utterance.id)


def _masked(rows: Sequence[UtteranceTable], current: str) -> list[SampleTurn]:
    """What an agent typed goes out as it is, and so it is stored; here nobody needs its secrets."""
    masker = Masker()
    shown = []
    for row in rows:
        language = "zh" if row.language.startswith("zh") else "en"
        text = masker.mask(row.text, role=Role(row.role), language=language).text  # type: ignore[arg-type]
        shown.append(SampleTurn(role=Role(row.role), text=text, current=row.id == current))
    return shown


async def cards(session: AsyncSession, sample: SampleTable) -> list[SampleCard]:
    """The cards that the sample's words raised and the article that was put up by hand, as they were shown."""
    by_hand = and_(col(SuggestionTable.source) == "search", col(SuggestionTable.article_id) == sample.article_id)
    found = (
        select(SuggestionTable)
        .where(
            col(SuggestionTable.conversation_id) == sample.conversation_id,
            or_(col(SuggestionTable.trigger) == sample.utterance_id, by_hand),
        )
        .order_by(col(SuggestionTable.seq), col(SuggestionTable.rank))
    )
    rows = (await session.execute(found)).scalars().all()
    became = await _outcomes(session, [row.id for row in rows])
    return [
        SampleCard(
            article_id=row.article_id,
            title=row.title,
            reply=row.reply,
            intent=row.intent,
            confidence=row.confidence,
            by_hand=row.source == "search",
            outcome=became.get(row.id),
        )
        for row in rows
    ]


async def _outcomes(session: AsyncSession, ids: list[str]) -> dict[str, OutcomeKind]:
    """What became of each card in the end: what somebody did with it before that it merely left."""
    found = select(OutcomeTable).where(col(OutcomeTable.suggestion_id).in_(ids)).order_by(col(OutcomeTable.at))
    rows = (await session.execute(found)).scalars().all()
    ordered = sorted(rows, key=lambda row: row.outcome not in LEFT)
    return {row.suggestion_id: OutcomeKind(row.outcome) for row in ordered}
