"""What a search hit in the conversations of a page: the utterances, cut down to what stands around the hits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, cast

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from kb.terms import Pattern, find
from server.store.queries.matching import utterances_with
from server.store.tables.speech import UtteranceTable
from server.wire.events import Role, Sound
from server.wire.rest import Snippet, SnippetPart

SHOWN = 3
"""Most snippets of one conversation."""
BEFORE = 24
LENGTH = 120
"""Characters of an utterance before its first hit, and in all."""
CUT = "…"


@dataclass(frozen=True, slots=True)
class Hits:
    """How many utterances of a conversation hold something of what was asked, and the first of them."""

    count: int = 0
    shown: list[Snippet] = field(default_factory=list)


async def hits_in(session: AsyncSession, conversation_ids: Sequence[str], words: Sequence[Pattern]) -> dict[str, Hits]:
    """The hits of each conversation that has any."""
    if not words:
        return {}
    said = UtteranceTable
    holds = [col(said.id).in_(utterances_with(pattern, conversation_ids)) for pattern in words]
    columns = (
        col(said.conversation_id),
        col(said.id),
        col(said.role),
        col(said.sound),
        col(said.start),
        col(said.text),
    )
    found = (
        select(*columns)
        .where(col(said.conversation_id).in_(conversation_ids), or_(*holds))
        .order_by(col(said.conversation_id), col(said.start), col(said.seq))
    )
    rows = (await session.execute(found)).all()
    return {
        conversation_id: _hits(list(group), words) for conversation_id, group in groupby(rows, key=lambda row: row[0])
    }


def _hits(rows: Sequence[Any], words: Sequence[Pattern]) -> Hits:
    """Every word is shown where it is said first, as far as there is room."""
    shown: list[Any] = []
    for pattern in words:
        first = next((row for row in rows if find(row.text, [pattern])), None)
        if first is not None and first not in shown:
            shown.append(first)
    rest = [row for row in rows if row not in shown]
    shown = sorted([*shown, *rest][:SHOWN], key=lambda row: rows.index(row))
    return Hits(len(rows), [_snippet(row, words) for row in shown])


def _snippet(row: Any, words: Sequence[Pattern]) -> Snippet:
    return Snippet(
        utterance_id=row.id,
        role=Role(row.role),
        sound=cast(Sound, row.sound),
        start=row.start,
        parts=parts(row.text, find(row.text, words)),
    )


def parts(text: str, spans: Sequence[tuple[int, int]]) -> list[SnippetPart]:
    """A text around its first hit, in pieces: what was hit and what was not."""
    begin = max(0, spans[0][0] - BEFORE) if spans else 0
    end = min(len(text), begin + LENGTH)
    pieces: list[SnippetPart] = [SnippetPart(text=CUT, hit=False)] if begin else []
    at = begin
    for start, stop in [*((s, min(e, end)) for s, e in spans if s < end), (end, end)]:
        pieces += [SnippetPart(text=text[at:start], hit=False), SnippetPart(text=text[start:stop], hit=True)]
        at = stop
    pieces.append(SnippetPart(text=CUT if end < len(text) else "", hit=False))
    return [piece for piece in pieces if piece.text]
