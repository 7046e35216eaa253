"""Words and phrases as questions to the full-text index."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from kb.terms import Pattern, Term
from server.store.tables.search import SearchTermTable

LAST = "\U0010ffff"
"""Comes after every character that a term can go on with."""


def conversations_with(pattern: Pattern) -> Select[str]:
    """Ids of the conversations where it is said; the same one may come more than once."""
    first, where = _standing(pattern)
    return select(col(first.conversation_id)).where(*where)


def utterances_with(pattern: Pattern, conversation_ids: Sequence[str]) -> Select[str]:
    """Ids of the utterances of these conversations that hold it; the same one may come more than once."""
    first, where = _standing(pattern)
    return select(col(first.utterance_id)).where(*where, col(first.conversation_id).in_(conversation_ids))


def _standing(pattern: Pattern) -> tuple[Any, list[ColumnElement[bool]]]:
    """A row of the pattern's first term, and that the others stand in the same utterance at their distances."""
    rows = [(term, aliased(SearchTermTable)) for term in pattern.terms]
    (start, first), *others = rows
    where = [condition for term, row in rows for condition in _is(term, row)]
    for term, row in others:
        where += [
            col(row.conversation_id) == col(first.conversation_id),
            col(row.utterance_id) == col(first.utterance_id),
            col(row.position) == col(first.position) + (term.position - start.position),
        ]
    return first, where


def _is(term: Term, row: Any) -> list[ColumnElement[bool]]:
    if term.prefix:
        return [col(row.term) >= term.text, col(row.term) < term.text + LAST]
    return [col(row.term) == term.text]
