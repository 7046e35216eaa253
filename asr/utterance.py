"""One stretch of speech on its way through a leased recognizer."""

from asr.audio import Samples
from asr.buffer import SampleBuffer
from asr.noise import add_noise
from asr.pool import RecognizerPool
from asr.resample import RECOGNIZER_RATE, resample_block
from asr.segmenter import FRAMES_PER_SECOND
from asr.sound import SoundFrames
from asr.transcript import Word

CONTEXT_FRAMES = 2
_BLOCK_FRAMES = 10
_FRAME_SAMPLES = RECOGNIZER_RATE // FRAMES_PER_SECOND


def frame_edge(boundary: int, frame: int, rate: int) -> int:
    """Absolute sample position where frame number `frame` after `boundary` starts, at `rate` Hz."""
    return boundary + (frame * rate + FRAMES_PER_SECOND // 2) // FRAMES_PER_SECOND


class Utterance:
    """Feeds a leg's audio to a recognizer in blocks of fixed length, counted from the utterance's first frame."""

    def __init__(self, pool: RecognizerPool, buffer: SampleBuffer, rate: int, boundary: int, begin: int) -> None:
        """Leases a recognizer; `begin` counts 10 ms frames from `boundary`, a position at `rate` Hz."""
        self._pool = pool
        self._buffer = buffer
        self._rate = rate
        self._boundary = boundary
        self._begin = begin
        self._recognizer = pool.acquire()
        self.position = begin
        """The frame up to which the recognizer has heard."""
        self.frames = SoundFrames()
        """The sound of what the recognizer has heard."""

    def hear(self, until: int) -> None:
        """Feeds all whole blocks before frame `until`."""
        while (end := self.position + _BLOCK_FRAMES) + CONTEXT_FRAMES <= until:
            audio = self._read(self._edge(end + CONTEXT_FRAMES), _BLOCK_FRAMES * _FRAME_SAMPLES)
            self._recognizer.accept(audio)
            self.position = end

    @property
    def begin(self) -> float:
        """Where the recognizer started to hear, seconds from the leg's first sample."""
        return self._edge(self._begin) / self._rate

    def interim(self) -> str:
        """The words so far."""
        return self._recognizer.interim()

    def finish(self, end: int) -> tuple[str, tuple[Word, ...]]:
        """Feeds the rest up to the absolute position `end` and gives the recognizer back.

        Returns the text and the words, their times counted from the leg's first sample.
        """
        self._recognizer.accept(self._read(end, None))
        text, words = self._recognizer.finish()
        self._pool.release(self._recognizer)
        origin, limit = self.begin, end / self._rate
        return text, tuple(
            Word(word.text, min(limit, origin + word.start), min(limit, origin + word.end), word.confidence)
            for word in words
        )

    def _edge(self, frame: int) -> int:
        return frame_edge(self._boundary, frame, self._rate)

    def _read(self, end: int, length: int | None) -> Samples:
        """The next audio for the recognizer, read up to `end` (with context before, none before the boundary)."""
        first = max(0, self.position - CONTEXT_FRAMES)
        source = self._buffer.read(self._edge(first), end)
        audio = resample_block(source, self._rate, (self.position - first) * _FRAME_SAMPLES, length)
        self.frames.hear(audio)
        origin = self._boundary * RECOGNIZER_RATE // self._rate
        return add_noise(audio, origin + self.position * _FRAME_SAMPLES)
