"""Who may see what: pages by role, conversations by team and queue. The one table that doors and menus ask."""

from collections.abc import Mapping
from enum import StrEnum

from server.store.records import ALL_TEAMS, Reach, UserRecord, UserRole

__all__ = ["ALL_TEAMS", "Page", "Reach", "may_use", "pages_of", "reading", "working"]


class Page(StrEnum):
    """A part of the product that some roles may use."""

    PANEL = "panel"
    """Work on conversations: the agent's panel, claiming calls."""
    FLOOR = "floor"
    """See what goes on now: the live calls of one's teams, how late words are, how much room is left."""
    CONVERSATIONS = "conversations"
    """Read stored conversations: one's own, or those of one's teams."""
    REVIEW = "review"
    """Search all conversations of one's teams and listen to them."""
    TRAINING = "training"
    """Label samples, export them."""
    ADMIN = "admin"
    """People, keys, queues; retention, legal holds, deletion, export, the audit."""


_PAGES: Mapping[UserRole, frozenset[Page]] = {
    UserRole.AGENT: frozenset({Page.PANEL, Page.CONVERSATIONS}),
    UserRole.REVIEWER: frozenset({Page.CONVERSATIONS, Page.REVIEW}),
    UserRole.TRAINER: frozenset({Page.TRAINING}),
    UserRole.SUPERVISOR: frozenset({Page.PANEL, Page.FLOOR, Page.CONVERSATIONS, Page.REVIEW}),
    UserRole.ADMIN: frozenset({Page.FLOOR, Page.CONVERSATIONS, Page.REVIEW, Page.TRAINING, Page.ADMIN}),
}


def pages_of(user: UserRecord) -> frozenset[Page]:
    """The pages that a person may use."""
    return _PAGES[user.role]


def may_use(user: UserRecord, page: Page) -> bool:
    """Whether a person may use a page and what lies behind it."""
    return page in pages_of(user)


def reading(user: UserRecord) -> Reach:
    """Which stored conversations a person may read: an agent their own, others those of their team and queues."""
    if Page.REVIEW not in pages_of(user):
        return Reach(user.tenant, None, None, user.login)
    return _team_of(user)


def working(user: UserRecord) -> Reach:
    """Which queues' unclaimed calls, samples and people are theirs."""
    return _team_of(user)


def _team_of(user: UserRecord) -> Reach:
    everything = user.role is UserRole.ADMIN or user.team == ALL_TEAMS
    return Reach(user.tenant, None if everything else user.team, user.queues or None, None)
