"""Small pieces of audio, put together: switches send 20 ms at a time, and to keep and decode a piece costs the same
whatever its length."""

from asr.audio import bytes_per_sample
from server.ingest.dialect import Action, Audio, OpenCall, Tell

ENOUGH_SECONDS = 0.1
"""Audio that is handed on as soon as it is there."""
LONGEST_SECONDS = 0.12
"""Seconds for which a piece waits for others to come."""


class Gatherer:
    """Holds audio back until there is enough of it. All else goes through, but never before audio that came earlier."""

    def __init__(self) -> None:
        self._enough = 0.0
        """Samples."""
        self._since: float | None = None
        self._encoding = ""
        self._held: dict[str, bytearray] = {}

    @property
    def due(self) -> float | None:
        """When what is held has to go, by the clock of `take`; None if nothing is held."""
        return self._since + LONGEST_SECONDS if self._since is not None else None

    def take(self, action: Action, now: float) -> list[Action]:
        """What to carry out now that this action came. `now`: monotonic seconds."""
        match action:
            case Audio():
                return self._hold(action, now)
            case Tell():
                return [action]
            case OpenCall(start=start, piecewise=piecewise):
                flushed = self.flush()
                self._enough = 0.0 if piecewise else ENOUGH_SECONDS * start.sample_rate
                return [*flushed, action]
            case _:
                return [*self.flush(), action]

    def flush(self) -> list[Action]:
        """What is held, which is no longer."""
        held, self._held, self._since = self._held, {}, None
        return [Audio({leg: bytes(part) for leg, part in held.items()}, self._encoding)] if held else []

    def _hold(self, audio: Audio, now: float) -> list[Action]:
        enough = self._enough * bytes_per_sample(audio.encoding)
        before = self.flush() if audio.encoding != self._encoding else []
        if not self._held and all(len(part) >= enough for part in audio.raw.values()):
            return [*before, audio]
        self._encoding = audio.encoding
        self._since = now if self._since is None else self._since
        for leg, part in audio.raw.items():
            self._held.setdefault(leg, bytearray()).extend(part)
        full = all(len(part) >= enough for part in self._held.values()) or now >= self._since + LONGEST_SECONDS
        return [*before, *(self.flush() if full else [])]
