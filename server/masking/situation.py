"""What a conversation has said before a turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from server.masking.asks import Ask
from server.masking.kinds import Kind, Language


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known before a turn."""

    language: Language
    agent: bool = False
    ask: Ask | None = None
    pending: str = field(default="", repr=False)
    """Digits that the same voice broke off with."""
    pending_kind: Kind | None = None
    known: Sequence[tuple[Kind, str]] = field(default=(), repr=False)
    """Secrets of this conversation, heard before."""
    known_words: Sequence[str] = field(default=(), repr=False)
    """Passwords of this conversation, heard before, as `repeats.folded`."""
    public: Sequence[str] = ()
    """Order, ticket and staff numbers of this conversation."""
    code_talk: bool = False
    """Codes were spoken of shortly before."""

    @property
    def firm(self) -> Ask | None:
        """The open question, where its answer is to be hidden whatever it is."""
        return self.ask if self.ask is not None and self.ask.firm else None
