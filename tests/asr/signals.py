"""Synthetic legs for tests."""

import itertools

import numpy as np

from asr.leg import LegDecoder


def silence(rate: int, seconds: float) -> np.ndarray:
    return np.zeros(round(rate * seconds), dtype=np.int16)


def talk(rate: int, seconds: float, seed: int = 0, pauses: bool = True) -> np.ndarray:
    """A buzzing voice with vowels and, unless told otherwise, syllables."""
    time = np.arange(round(rate * seconds)) / rate
    pitch = 110 + 20 * seed + 15 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    harmonics = range(1, 25)
    weights = [np.exp(-(((h * 120 - 600) / 400) ** 2)) + np.exp(-(((h * 120 - 1500) / 500) ** 2)) for h in harmonics]
    voice = sum(w * np.sin(h * phase) for h, w in zip(harmonics, weights, strict=True))
    envelope = 0.6 + 0.4 * np.sin(2 * np.pi * (4 if pauses else 1) * time)
    noise = np.random.default_rng(seed).normal(size=len(time)) * 0.05
    return (4000 * envelope * (voice / 3 + noise)).clip(-32000, 32000).astype(np.int16)


def decode(pool, audio, rate, step, start_sample=0, **options):
    """All transcripts of a leg fed in chunks of `step` samples."""
    decoder = LegDecoder("customer", rate, pool, start_sample=start_sample, **options)
    transcripts = []
    for start in range(0, len(audio), max(1, step)):
        transcripts += decoder.feed(audio[start : start + step])
    return transcripts + decoder.finish()


def checked_tiles(transcripts, start, end):
    """The finals, after checking that they tile `start`..`end` and that times lie inside their tile."""
    finals = [t for t in transcripts if t.final]
    assert finals[0].start_sample == start
    assert finals[-1].end_sample == end
    for before, after in itertools.pairwise(finals):
        assert before.end_sample == after.start_sample
    assert all(t.start_sample < t.end_sample for t in finals)
    return finals
