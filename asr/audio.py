"""Audio as telephony sends it: decoding, channels, rates. Samples are mono int16 arrays."""

from enum import StrEnum
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

MIN_SAMPLE_RATE = 8000
MAX_SAMPLE_RATE = 48000

_MULAW_BIAS = 132
_MULAW_CLIP = 32635
_ALAW_MASK = 0x55
"""A-law inverts every other bit on the wire."""


class Encoding(StrEnum):
    """How a sample is written: `pcm16` is signed 16-bit little-endian, `mulaw` and `alaw` are G.711 PCMU and PCMA."""

    PCM16 = "pcm16"
    MULAW = "mulaw"
    ALAW = "alaw"


_SILENCE = {Encoding.PCM16: b"\x00\x00", Encoding.MULAW: b"\xff", Encoding.ALAW: b"\xd5"}


class AudioError(ValueError):
    """Audio that cannot be used. `code` is a stable word; the message says what to send instead."""

    code: ClassVar[str] = "invalid"


class OddAudioLength(AudioError):
    """The bytes end in the middle of a sample (or of one sample per channel)."""

    code: ClassVar[str] = "odd_audio_length"


class UnsupportedEncoding(AudioError):
    """The encoding is not one of `Encoding`."""

    code: ClassVar[str] = "unsupported_encoding"


class UnsupportedSampleRate(AudioError):
    """The rate is outside `MIN_SAMPLE_RATE`..`MAX_SAMPLE_RATE`."""

    code: ClassVar[str] = "unsupported_sample_rate"


def check_encoding(name: str) -> Encoding:
    """The `Encoding` called `name`; raises `UnsupportedEncoding`."""
    try:
        return Encoding(name)
    except ValueError:
        known = ", ".join(Encoding)
        raise UnsupportedEncoding(f"unknown encoding {name[:40]!r}: send one of {known}") from None


def check_sample_rate(rate: int) -> int:
    """`rate` itself, in Hz; raises `UnsupportedSampleRate`."""
    if not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:
        message = f"sample rate {rate} Hz: send {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz"
        raise UnsupportedSampleRate(message)
    return rate


def bytes_per_sample(encoding: str) -> int:
    """Bytes of one sample of one channel; raises `UnsupportedEncoding`."""
    return 2 if check_encoding(encoding) is Encoding.PCM16 else 1


def silence(encoding: str, samples: int) -> bytes:
    """So many samples of silence, as a quiet line of `encoding` carries them; raises `UnsupportedEncoding`."""
    return _SILENCE[check_encoding(encoding)] * samples


def decode(data: bytes, encoding: str) -> Samples:
    """Bytes as int16 samples; raises `UnsupportedEncoding`, or `OddAudioLength` for half a sample."""
    kind = check_encoding(encoding)
    if kind is not Encoding.PCM16:
        table = _mulaw_to_linear() if kind is Encoding.MULAW else _alaw_to_linear()
        return table[np.frombuffer(data, dtype=np.uint8)]
    if len(data) % 2:
        raise OddAudioLength(f"{len(data)} bytes of pcm16: send an even number, two bytes per sample")
    return np.frombuffer(data, dtype="<i2").astype(np.int16)


def encode(samples: Samples, encoding: str) -> bytes:
    """Samples as bytes of `encoding` (the inverse of `decode`, for senders)."""
    kind = check_encoding(encoding)
    if kind is not Encoding.PCM16:
        table = _linear_to_mulaw() if kind is Encoding.MULAW else _linear_to_alaw()
        return table[samples.view(np.uint16)].tobytes()
    return samples.astype("<i2").tobytes()


def deinterleave(samples: Samples, channels: int) -> tuple[Samples, ...]:
    """One contiguous array per channel; raises `OddAudioLength` if the channels are not equally long."""
    if len(samples) % channels:
        raise OddAudioLength(f"{len(samples)} samples do not divide into {channels} channels: send whole sample frames")
    return tuple(np.ascontiguousarray(samples[channel::channels]) for channel in range(channels))


@cache
def _mulaw_to_linear() -> Samples:
    """G.711 expansion: 256 values, indexed by the byte."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent = ((code >> 4) & 7).astype(np.int32)
    mantissa = (code & 15).astype(np.int32)
    magnitude = (((mantissa << 3) + _MULAW_BIAS) << exponent) - _MULAW_BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


@cache
def _linear_to_mulaw() -> NDArray[np.uint8]:
    """G.711 compression: 65536 bytes, indexed by the sample's bits read as unsigned."""
    linear = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    biased = np.minimum(np.abs(linear), _MULAW_CLIP) + _MULAW_BIAS
    exponent = np.floor(np.log2(biased)).astype(np.int32) - 7
    mantissa = (biased >> (exponent + 3)) & 15
    sign = np.where(linear < 0, 0x80, 0)
    code: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return code


@cache
def _alaw_to_linear() -> Samples:
    """G.711 expansion: 256 values, indexed by the byte. Each is the middle of the values that become that byte."""
    code = np.arange(256, dtype=np.uint8) ^ _ALAW_MASK
    exponent = ((code >> 4) & 7).astype(np.int32)
    mantissa = (code & 15).astype(np.int32)
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 264) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


@cache
def _linear_to_alaw() -> NDArray[np.uint8]:
    """G.711 compression: 65536 bytes, indexed by the sample's bits read as unsigned."""
    linear = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    positive = linear >= 0
    magnitude = np.minimum(np.where(positive, linear, ~linear), 32767)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 7, 0)
    mantissa = (magnitude >> np.maximum(exponent + 3, 4)) & 15
    sign = np.where(positive, 0x80, 0)
    code: NDArray[np.uint8] = ((sign | (exponent << 4) | mantissa) ^ _ALAW_MASK).astype(np.uint8)
    return code
