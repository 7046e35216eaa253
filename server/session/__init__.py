"""The session core: one conversation without I/O. Inputs in, outputs out; sockets and database drive it."""

from server.session.core import Session
from server.session.outputs import Answer, Ask, Commit, InterimHeard, Output
from server.session.policy import Policy
from server.session.suggested import Suggested, SuggestedCard

__all__ = ["Answer", "Ask", "Commit", "InterimHeard", "Output", "Policy", "Session", "Suggested", "SuggestedCard"]
