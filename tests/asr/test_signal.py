"""Noise, resampling, buffering, voice activity."""

import numpy as np
import pytest

from asr.buffer import SampleBuffer
from asr.noise import add_noise, last_bit_noise
from asr.resample import resample_block
from asr.voice import VoiceDetector


def test_noise_depends_on_the_position_only():
    whole = last_bit_noise(1000, 5000)
    parts = [last_bit_noise(start, 50) for start in range(1000, 6000, 50)]
    assert np.array_equal(whole, np.concatenate(parts))
    assert set(whole.tolist()) == {-1, 0, 1}
    assert abs(whole.mean()) < 0.05


def test_noise_never_wraps_around():
    loud = np.array([32767, -32768] * 500, dtype=np.int16)
    assert np.all(np.abs(add_noise(loud, 0).astype(int) - loud) <= 1)


def tone(rate: int, seconds: float = 1.0) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)).astype(np.int16)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000])
def test_a_block_with_context_sounds_like_the_whole(rate):
    frame = rate / 100
    source = tone(rate)[round(48 * frame) : round(62 * frame)]
    block = resample_block(source, rate, skip=320, length=1600)
    expected = tone(16000)[50 * 160 : 60 * 160]
    assert len(block) == 1600
    shift = 8000 * 2 * np.pi * 440 / rate  # a frame edge may lie half a sample off
    assert np.max(np.abs(block.astype(int) - expected)) < 60 + (shift if rate % 100 else 0)


def test_buffer_reads_by_absolute_position():
    buffer = SampleBuffer(100)
    for start in range(100, 1100, 7):
        buffer.append(np.arange(start, min(start + 7, 1100), dtype=np.int16))
    buffer.drop_before(900)
    assert (buffer.start, buffer.end) == (900, 1100)
    assert buffer.read(950, 953).tolist() == [950, 951, 952]
    with pytest.raises(IndexError):
        buffer.read(899, 901)
    with pytest.raises(IndexError):
        buffer.read(1000, 1101)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
def test_zeros_are_not_voice_at_any_rate(rate):
    detector = VoiceDetector(rate)
    assert not any(detector.voiced(np.zeros(rate // 100, dtype=np.int16)) for _ in range(100))
