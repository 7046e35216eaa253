"""Outbound: the task that caused a conversation, and the cards with which it opens."""

from typing import TYPE_CHECKING

from server.session import completing
from server.session.outputs import Ask, Output
from server.wire import events as ev

if TYPE_CHECKING:
    from server.session.core import Session


def bind(session: "Session", task: ev.TaskBound, at: float) -> list[Output]:
    """The conversation belongs to a task after all; the first one counts."""
    if session.state.task is not None or session.state.wrapped_up:
        return []
    return [session.emit(task, at), *completing.refill(session, at), *opening(session)]


def opening(session: "Session") -> list[Output]:
    """What to look for before anyone speaks: the task's script, else what fits the place where the customer was
    lost."""
    task = session.state.task
    if task is None:
        return []
    text = task.stage or task.campaign or ""
    if not task.script and not text:
        return []
    return [Ask(task.task_id, text, (), session.state.language, "context", None, None, script=task.script)]
