"""What a queue allows and how cards behave there."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of one conversation, frozen when it is opened. Times are seconds."""

    team: str = ""
    """Whose queue it is."""
    text_out_on_call: bool = False
    insert_only: bool = False
    recording: Literal["record", "off", "on_demand"] = "record"
    """Whether audio is kept: yes, and it may be paused; never; not until somebody switches it on."""
    languages: frozenset[str] = field(default=frozenset())
    """Languages that are loaded; none named: nobody checks."""
    wrap_up_codes: frozenset[str] = field(default=frozenset())
    max_cards: int = 3
    card_seconds: float = 90.0
    cool_down: float = 60.0
    seen: float = 20.0
    """How long a card that left the screen unused stays away, unless its article is asked for again clearly."""
    sure: float = 0.7
    """Confidence from which an article counts as clearly asked for."""
    turn_gap: float = 2.5
    """Longest silence inside one turn of the customer's, if the agent says nothing either."""
    turn_parts: int = 3
    """Most utterances before the last one that count to the same turn."""
    moved_on: float = 6.0
    """A new question clears older cards unless they are younger than this (two questions in one breath)."""
    moved_turns: int = 2
    """So many things that the customer came to since, none of them with a card, clear older cards as well."""
    spoken_similarity: float = 0.7
    spoken_window: float = 60.0
    """How long after it was raised a reply said aloud still counts as spoken."""
    shortest_interim: int = 4
    """Characters an interim needs before suggestions are asked for."""
    latest_interim: float = 1.5
    """Seconds after which an interim is too late for suggestions of its own: the final will have them soon enough."""
