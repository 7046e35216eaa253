"""Voice activity of 10 ms frames."""

import numpy as np
import webrtcvad

from asr.audio import Samples

_DIRECT_RATES = (8000, 16000, 32000, 48000)
_FALLBACK_RATE = 16000
_AGGRESSIVENESS = 2  # 0..3: how readily a frame counts as unvoiced


class VoiceDetector:
    """Tells voiced frames from others; it adapts, so make a new one at each boundary."""

    def __init__(self, sample_rate: int) -> None:
        """For frames at `sample_rate` Hz."""
        self._rate = sample_rate if sample_rate in _DIRECT_RATES else _FALLBACK_RATE
        self._length = self._rate // 100
        self._vad = webrtcvad.Vad(_AGGRESSIVENESS)

    def voiced(self, frame: Samples) -> bool:
        """Whether one 10 ms frame at the source rate carries voice."""
        if len(frame) != self._length:
            frame = _stretch(frame, self._length)
        return bool(self._vad.is_speech(frame.tobytes(), self._rate))


def loudness(frame: Samples) -> float:
    """Mean power of a frame, in squared sample units."""
    wide = frame.astype(np.float32)
    return float(np.dot(wide, wide) / max(1, len(wide)))


def _stretch(frame: Samples, length: int) -> Samples:
    """Linear interpolation to `length` samples: rough, but detection needs no more."""
    positions = np.arange(length) * (len(frame) / length)
    stretched: Samples = np.interp(positions, np.arange(len(frame)), frame).astype(np.int16)
    return stretched
