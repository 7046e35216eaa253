"""Narrowing queries to what somebody may see."""

from sqlalchemy import ColumnElement
from sqlmodel import col

from server.store.records import Reach
from server.store.tables.conversations import ConversationTable


def within(reach: Reach) -> list[ColumnElement[bool]]:
    """The conditions on conversations that keep a query within `reach`; the same as `Reach.covers`."""
    table = ConversationTable
    where = [col(table.tenant) == reach.tenant]
    if reach.team is not None:
        where.append(col(table.team) == reach.team)
    if reach.queues is not None:
        where.append(col(table.queue).in_(sorted(reach.queues)))
    if reach.agent is not None:
        where.append(col(table.agent) == reach.agent)
    return where
