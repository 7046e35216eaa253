"""The store: tables, migrations, the single writer, the projection of events, and queries. SQLite or PostgreSQL."""

from server.store.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    SchemaError,
    StorageError,
    StoreError,
)
from server.store.migrate import upgrade
from server.store.records import (
    ConversationRecord,
    ImportReport,
    KeyInfo,
    NewKey,
    OutboxItem,
    QueuePolicy,
    Reach,
    RecordingRecord,
    SampleRecord,
    Scope,
    Seat,
    UserRecord,
    UserRole,
)
from server.store.store import Store

__all__ = [
    "ConflictError",
    "ConversationRecord",
    "ImportReport",
    "InvalidError",
    "KeyInfo",
    "NewKey",
    "NotFoundError",
    "OutboxItem",
    "QueuePolicy",
    "Reach",
    "RecordingRecord",
    "SampleRecord",
    "SchemaError",
    "Scope",
    "Seat",
    "StorageError",
    "Store",
    "StoreError",
    "UserRecord",
    "UserRole",
    "upgrade",
]
