"""The tables, by subject. Importing this package makes `metadata` complete."""

from server.store.tables import (
    conversations,
    delivery,
    keeping,
    knowledge,
    organisation,
    people,
    reviews,
    search,
    speech,
    suggestions,
)
from server.store.tables.columns import DEFAULT_QUEUE, DEFAULT_TEAM, DEFAULT_TENANT, Table

metadata = Table.metadata

__all__ = [
    "DEFAULT_QUEUE",
    "DEFAULT_TEAM",
    "DEFAULT_TENANT",
    "Table",
    "conversations",
    "delivery",
    "keeping",
    "knowledge",
    "metadata",
    "organisation",
    "people",
    "reviews",
    "search",
    "speech",
    "suggestions",
]
