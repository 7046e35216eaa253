"""Outbound tasks, `POST /v1/tasks` and `GET /v1/tasks/{external_id}` (a Bearer key with the scope `events`).

A call that names a task when it begins opens with the task's context, and with cards before anyone speaks.
"""

from pydantic import Field

from server.wire.base import Label, Language, Message, Text
from server.wire.listen import Name


class TaskRequest(Message):
    """One thing to do with one customer. The same `external_id` again changes the task."""

    external_id: Name
    campaign: Label | None = None
    stage: Text | None = None
    """Where the customer was lost."""
    script: list[Label] = Field(default_factory=list, max_length=20)
    """Ids of the articles to begin with, best first."""
    customer: Label | None = None
    agent: Label | None = None
    """Login or extension of who is to call, for calls of which nobody says who answered."""
    language: Language | None = None
    queue: Name | None = None
    product: Label | None = None
    context: dict[Label, Text] = Field(default_factory=dict, max_length=32)
    """What the agent needs to know, shown beside the conversation."""
    due_at: float | None = Field(default=None, ge=0)
    """Unix seconds."""


class TaskResult(Message):
    """What came of it, at Unix seconds."""

    result: str
    at: float
    conversation_id: str | None


class TaskInfo(Message):
    """A task as it stands: `open`, `started` by a call, or `done` once its result is known."""

    task: TaskRequest
    status: str
    conversations: list[str]
    """Ids, the latest first."""
    results: list[TaskResult]
