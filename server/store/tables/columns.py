"""What all tables share: the base class, the naming of constraints, and column helpers."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from server.ids import new_id

DEFAULT_TENANT = "default"
DEFAULT_TEAM = "default"
DEFAULT_QUEUE = "default"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Base of every table. Its own registry, so that nobody else's tables get into our migrations."""


def id_field() -> Any:
    """A primary key that is a UUIDv7 made by the server."""
    return Field(default_factory=new_id, primary_key=True)


def tenant_field(*, primary_key: bool = False, index: bool = False) -> Any:
    """The tenant that a row belongs to."""
    return Field(default=DEFAULT_TENANT, foreign_key="tenant.id", primary_key=primary_key, index=index)


def conversation_field(*, primary_key: bool = False, index: bool = True) -> Any:
    """The conversation that a row is part of and is deleted with."""
    return Field(
        foreign_key="conversation.id", ondelete="CASCADE", primary_key=primary_key, index=index and not primary_key
    )


def json_field(factory: type[dict[str, Any]] | type[list[Any]] = dict) -> Any:
    """A JSON column: text on SQLite, JSONB on PostgreSQL."""
    kind = JSON().with_variant(JSONB(), "postgresql")
    return Field(default_factory=factory, sa_column=Column(kind, nullable=False))


def samples_field(*, nullable: bool = False) -> Any:
    """A count or position in audio samples: 64 bits, as 32 hold only 37 hours at 16 kHz."""
    return Field(default=None if nullable else 0, sa_type=BigInteger, nullable=nullable)
