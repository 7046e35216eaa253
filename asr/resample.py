"""Resampling to the recognizer's rate, block by block with a little context and no state."""

from functools import lru_cache
from math import gcd

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr.audio import Samples

RECOGNIZER_RATE = 16000

_CUTOFF = 0.99  # of half the source rate
_ZEROS = 6  # zero crossings of the sinc on each side


def resample_block(samples: Samples, rate: int, skip: int, length: int | None) -> Samples:
    """`samples` (at `rate` Hz, with context on both sides) at `RECOGNIZER_RATE`.

    Returns `length` samples (all that there are, when None) after the first `skip`; both count samples at
    `RECOGNIZER_RATE`. A streaming resampler would hold back 115 ms of 8 kHz audio; this needs its context only.
    """
    if rate != RECOGNIZER_RATE:
        samples = _resample(samples, rate)
    return samples[skip:] if length is None else samples[skip : skip + length]


def _resample(samples: Samples, rate: int) -> Samples:
    # float32, because soxr dithers 16-bit output with a seed taken from the time
    source = samples.astype(np.float32)
    if rate < RECOGNIZER_RATE:
        resampled = _interpolate(source, rate)
    else:
        resampled = soxr.resample(source, rate, RECOGNIZER_RATE, quality="HQ")
    limits = np.iinfo(np.int16)
    rounded: Samples = np.clip(np.rint(resampled), limits.min, limits.max).astype(np.int16)
    return rounded


def _interpolate(source: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Upsamples with the short Hann-windowed sinc that Kaldi itself uses when it is given such audio.

    Its gentle slope leaves a faint image above the source's band. Models heard that in training and read
    telephone speech better with it than with soxr's clean band edge.
    """
    outputs = np.arange(len(source) * RECOGNIZER_RATE // rate)
    weights = _weights(rate)
    reach = weights.shape[1] // 2
    windows = sliding_window_view(np.pad(source, reach), 2 * reach)
    chosen = windows[outputs * rate // RECOGNIZER_RATE + 1]
    interpolated: NDArray[np.float32] = np.einsum("ij,ij->i", weights[outputs % len(weights)], chosen)
    return interpolated


@lru_cache(8)
def _weights(rate: int) -> NDArray[np.float32]:
    """One row of filter weights for each position that an output sample can have between two source samples."""
    phases = np.arange(RECOGNIZER_RATE // gcd(rate, RECOGNIZER_RATE))
    reach = int(_ZEROS / _CUTOFF) + 1
    distance = (phases * rate / RECOGNIZER_RATE % 1)[:, None] - np.arange(1 - reach, reach + 1)
    distance *= _CUTOFF
    window = np.where(np.abs(distance) < _ZEROS, 0.5 + 0.5 * np.cos(np.pi * distance / _ZEROS), 0)
    weights: NDArray[np.float32] = (_CUTOFF * np.sinc(distance) * window).astype(np.float32)
    return weights
