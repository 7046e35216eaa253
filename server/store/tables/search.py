"""The full-text index of stored conversations."""

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlmodel import Field

from server.store.tables.columns import Table

TERM = String().with_variant(String(collation="C"), "postgresql")
"""Ordered by code point in both databases, so that a range finds what begins with a character."""


class SearchTermTable(Table, table=True):
    """A term of an utterance and its position, in tokens; see `kb.terms`. Deleted with its utterance.

    The key is the search: nothing else of the row is read. The one other index serves deletion by utterance and by
    conversation alike.
    """

    __tablename__ = "search_term"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "utterance_id"], ["utterance.conversation_id", "utterance.id"], ondelete="CASCADE"
        ),
        Index("ix_search_term_conversation_id_utterance_id", "conversation_id", "utterance_id"),
        {"sqlite_with_rowid": False},
    )
    term: str = Field(primary_key=True, sa_type=TERM)
    conversation_id: str = Field(primary_key=True)
    utterance_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
