"""Tells music and tones from someone talking, by how steady the spectrum's fine structure is.

Notes stand still: the partials of music are where they were 80 ms ago. The harmonics of a voice glide all the
time, and its consonants and noise have none. So each 20 ms the fine structure of the spectrum (what stands out of
its surroundings, 300-3400 Hz, as a telephone carries it) is compared with that of 80 ms before.
`python -m tests.bench.sound` measures what the limits below give.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from asr.audio import Samples
from asr.resample import RECOGNIZER_RATE

Floats = NDArray[np.float32]

FRAME_SECONDS = 0.02
LIMIT = 0.5
"""Steadiness from which a stretch is music, unless words were heard in it."""
CERTAIN = 0.65
"""Steadiness from which it is music whatever was heard in it."""
EVIDENCE = 1.5
"""Seconds of voice that a judgement takes: a short hum ("mm") is as steady as a note."""
TONE = 0.85
TONE_EVIDENCE = 0.3
"""A voice is never as steady as that, so a tone needs less time."""
SURE_WORD = 0.9
SURE_WORDS = 0.5
"""Words of at least that confidence per second that are a sign of speech. Music alone has none, as a rule."""
LEADING = 6.0
"""How far below the loudest a frame may lie, in dB, to be compared: a voice leads the music behind it."""

_WINDOW = 1024
_HOP = round(FRAME_SECONDS * RECOGNIZER_RATE)
_LAG = 4
_FIRST, _LAST = 20, 216  # bins of 15.6 Hz
_SIDE = 8
_PROMINENCE = 0.7
_FLOOR = 5e-5
_BAND_COUNT = 25


def is_music(steadiness: float, voiced: float, confidences: Iterable[float] = ()) -> bool:
    """Whether an utterance is music or a tone.

    `steadiness` as `SoundFrames` has it, `voiced` the seconds of it that the voice detector took for voice, and
    the confidence of each recognised word. In doubt it is speech, because music called speech costs a wrong
    card and speech called music the right one.
    """
    if steadiness >= TONE and voiced >= TONE_EVIDENCE:
        return True
    if steadiness < LIMIT or voiced < EVIDENCE:
        return False
    sure = sum(confidence >= SURE_WORD for confidence in confidences)
    return steadiness >= CERTAIN or sure < SURE_WORDS * voiced


class SoundFrames:
    """What is needed to judge one utterance; hear it from its first sample on, in any pieces."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self._window = np.hanning(_WINDOW).astype(np.float32) / 65536
        self._edges = np.unique(np.geomspace(_FIRST, _LAST, _BAND_COUNT + 1).round().astype(int)) - _FIRST
        self._rest: Floats = np.zeros(0, np.float32)
        self._shapes: Floats = np.zeros((0, _LAST - _FIRST), np.float32)
        self._levels: list[Floats] = []
        self._steady: list[Floats] = []
        self._bands: list[Floats] = []

    def hear(self, samples_16k: Samples) -> None:
        """The next samples (int16 mono, 16 kHz)."""
        pending = np.concatenate([self._rest, samples_16k.astype(np.float32)])
        count = max(0, (len(pending) - _WINDOW) // _HOP + 1)
        self._rest = pending[count * _HOP :]
        if count:
            frames = np.lib.stride_tricks.sliding_window_view(pending, _WINDOW)[: count * _HOP : _HOP]
            self._add(np.abs(np.fft.rfft(frames * self._window, axis=1)).astype(np.float32) ** 2)

    def levels(self) -> Floats:
        """Loudness of each 20 ms frame, dB."""
        return np.concatenate([np.zeros(0, np.float32), *self._levels])

    def bands(self) -> Floats:
        """Loudness of each frame in bands that widen with pitch: (frames, bands), natural logarithm of power."""
        return np.concatenate([np.zeros((0, len(self._edges) - 1), np.float32), *self._bands])

    def steadiness(self) -> float:
        """How much the leading frames resemble those of 80 ms before: 0 (not at all) to 1; 0 for too little audio."""
        steady = np.concatenate([np.zeros(0, np.float32), *self._steady])
        levels = self.levels()[_LAG:]
        if not len(levels):
            return 0.0
        return float(steady[_LAG:][levels >= np.percentile(levels, 95) - LEADING].mean())

    @property
    def seconds(self) -> float:
        """Audio heard."""
        return sum(map(len, self._levels)) * FRAME_SECONDS

    def _add(self, power: Floats) -> None:
        inside = power[:, _FIRST:_LAST]
        self._levels.append(10 * np.log10(inside.sum(axis=1) + _FLOOR))
        self._bands.append(np.log(np.add.reduceat(inside, self._edges[:-1], axis=1) + _FLOOR))
        shapes = np.concatenate([self._shapes, _fine_structure(power)])
        before, now = shapes[:-_LAG], shapes[len(self._shapes) :]
        padded = np.concatenate([np.zeros((max(0, len(now) - len(before)), now.shape[1]), np.float32), before])
        self._steady.append((now * padded[-len(now) :]).sum(axis=1))
        self._shapes = shapes[-_LAG:]


def _fine_structure(power: Floats) -> Floats:
    """What stands out of its surroundings in each frame, as unit vectors."""
    logs = np.log(power[:, _FIRST - _SIDE : _LAST + _SIDE] + _FLOOR)
    sums = np.cumsum(np.pad(logs, ((0, 0), (1, 0))), axis=1)
    width = 2 * _SIDE + 1
    around = (sums[:, width:] - sums[:, :-width]) / width
    peaks = np.maximum(logs[:, _SIDE:-_SIDE] - around - _PROMINENCE, 0)
    unit: Floats = peaks / (np.sqrt((peaks**2).sum(axis=1)) + 1e-6)[:, None]
    return unit
