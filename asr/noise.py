"""Noise of the last bit.

Switches and muted microphones send exact zeros, which ruin recognition when the feature extractor does not
dither. Its dither is random, so it is off; this noise takes its place and depends on the position only.
"""

import numpy as np

from asr.audio import Samples

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def last_bit_noise(start: int, length: int) -> Samples:
    """`length` values of -1, 0 or 1 for the absolute positions from `start` (a splitmix64 hash of the position)."""
    value = np.arange(start + 1, start + 1 + length, dtype=np.uint64) * _GOLDEN
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    value ^= value >> np.uint64(31)
    return (value % np.uint64(3)).astype(np.int16) - np.int16(1)


def add_noise(samples: Samples, start: int) -> Samples:
    """`samples` plus the noise of the absolute positions from `start`, clipped to int16."""
    limits = np.iinfo(np.int16)
    loud = samples.astype(np.int32) + last_bit_noise(start, len(samples))
    noisy: Samples = np.clip(loud, limits.min, limits.max).astype(np.int16)
    return noisy
