"""Cuts a leg's audio into utterances. Time is counted in 10 ms frames since the last boundary, never by a clock."""

from collections import deque
from dataclasses import dataclass

FRAMES_PER_SECOND = 100


def frames(seconds: float) -> int:
    """Seconds as a whole number of frames."""
    return round(seconds * FRAMES_PER_SECOND)


@dataclass(frozen=True, slots=True)
class SegmenterConfig:
    """When utterances start and end; all values are seconds unless they say otherwise."""

    end_silence: float = 0.45
    """Silence that ends an utterance."""
    tail: float = 0.45
    """Silence that stays with the utterance that it ended; the rest belongs to the next one."""
    pre_roll: float = 0.3
    """Audio before the first voiced frame that the recognizer hears."""
    settle: float = 0.15
    """Time after a boundary in which the voice detector is still settling and is not believed."""
    onset_window: float = 0.1
    onset_voiced: float = 0.06
    """Voiced time inside `onset_window` that starts an utterance."""
    hold_window: float = 0.06
    hold_voiced: float = 0.03
    """Voiced time inside `hold_window` that keeps an utterance going."""
    hang: float = 0.06
    """How long the voice detector goes on after the voice has ended."""
    long_after: float = 15.0
    long_end_silence: float = 0.2
    """Silence that ends an utterance longer than `long_after`."""
    max_speech: float = 25.0
    """Length at which an utterance is cut at the quietest frame of its last `cut_search` seconds."""
    cut_search: float = 1.0
    max_silence: float = 30.0
    """Silence without any speech that makes a boundary of its own."""


class Segmenter:
    """Decides about one stretch of audio, from a boundary to the next cut; make a new one at each boundary.

    Positions are frame counts since the boundary. `begin` is where the recognizer should start to hear (None
    while there is no speech), `speech_start` and `speech_end` enclose what was voiced, and audio before `safe`
    is certain to belong to this stretch.
    """

    def __init__(self, config: SegmenterConfig) -> None:
        """Starts at a boundary."""
        self._config = config
        self.count = 0
        self.begin: int | None = None
        self.speech_start = 0
        self.speech_end = 0
        self._onset: deque[bool] = deque(maxlen=frames(config.onset_window))
        self._hold: deque[bool] = deque(maxlen=frames(config.hold_window))
        self._levels: deque[float] = deque(maxlen=frames(config.cut_search))

    @property
    def safe(self) -> int:
        """Frames that no later cut of this stretch can exclude."""
        if self.begin is None:
            return 0
        limit = self.begin + frames(self._config.max_speech - self._config.cut_search)
        return min(self.count, self.speech_end + frames(self._tail), limit)

    @property
    def look_back(self) -> int:
        """How many frames before `count` a `begin` or a cut of silence can reach back."""
        return frames(self._config.pre_roll) + frames(self._config.onset_window)

    def push(self, voiced: bool, level: float) -> int | None:
        """Takes the next frame (voiced or not, loudness in any unit); returns where to cut, or None to go on."""
        self.count += 1
        voiced = voiced and self.count > frames(self._config.settle)
        self._onset.append(voiced)
        self._hold.append(voiced)
        self._levels.append(level)
        if self.begin is None:
            return self._wait(voiced)
        return self._follow(voiced)

    def _wait(self, voiced: bool) -> int | None:
        config = self._config
        if voiced and sum(self._onset) >= frames(config.onset_voiced):
            first = self.count - len(self._onset) + self._onset.index(True)
            self.begin = max(0, first - frames(config.pre_roll))
            self.speech_start, self.speech_end = first, self.count
            return None
        if self.count >= frames(config.max_silence):
            return self.count - frames(config.pre_roll)
        return None

    def _follow(self, voiced: bool) -> int | None:
        if voiced and sum(self._hold) >= frames(self._config.hold_voiced):
            self.speech_end = max(self.speech_end, self.count - frames(self._config.hang))
        if self.count - self.speech_end >= frames(self._end_silence):
            return min(self.count, self.speech_end + frames(self._tail))
        if self._length >= frames(self._config.max_speech):
            return self._quietest()
        return None

    @property
    def _length(self) -> int:
        return self.count - (self.begin or 0)

    @property
    def _end_silence(self) -> float:
        config = self._config
        # By the length at the last voice: a tail that shrank while time passes would cut off audio called safe
        long = self.speech_end - (self.begin or 0) > frames(config.long_after)
        return config.long_end_silence if long else config.end_silence

    @property
    def _tail(self) -> float:
        return min(self._config.tail, self._end_silence)

    def _quietest(self) -> int:
        quietest = min(range(len(self._levels)), key=lambda index: self._levels[index])
        return self.count - len(self._levels) + quietest + 1
