"""What the session core wants done by those who have sockets and a database."""

from dataclasses import dataclass

from server.wire.base import Problem
from server.wire.events import Event, Role


@dataclass(frozen=True, slots=True)
class Commit:
    """Store this event, then tell whoever watches. Order matters."""

    event: Event


@dataclass(frozen=True, slots=True)
class InterimHeard:
    """Words being spoken, not stored. Empty text takes back the interim before it."""

    leg: str
    role: Role
    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Look for suggestions and hand the answer to `Session.suggested`.

    `turn` holds what the customer said just before `text` without being answered, `context` what the customer asked
    before that, both oldest first; `said` what the agent said in between, `topic` the intents that the talk was about
    before this turn and `dealt` the articles that came up for it. `leg` and `start` (seconds from
    the origin, by the clock) tell where the words were heard; `script` names articles to show instead of looking.
    `speech_end` and `first_interim` are Unix seconds for the receipt.
    """

    trigger: str
    text: str
    context: tuple[str, ...]
    language: str
    source: str
    speech_end: float | None
    first_interim: float | None
    turn: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    said: str = ""
    dealt: tuple[str, ...] = ()
    leg: str | None = None
    start: float | None = None
    script: tuple[str, ...] = ()
    team: str = ""
    """Whose conversation it is, as far as that is known: what they did before settles what is nearly even."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an agent's action; `problem` is None where it was done."""

    action_id: str
    problem: Problem | None = None


Output = Commit | InterimHeard | Ask | Answer
