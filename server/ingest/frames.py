"""From a binary message to audio per leg."""

from collections.abc import Sequence

import numpy as np

from asr.audio import bytes_per_sample
from server.ingest.dialect import Audio, Refuse
from server.wire.base import ErrorCode


def to_audio(data: bytes, encoding: str, legs: Sequence[str]) -> Audio | Refuse:
    """Take apart a message of samples, interleaved in the order of `legs`; refuse it if a sample is torn.

    `encoding` must be a name of `asr.audio.Encoding`.
    """
    width = bytes_per_sample(encoding)
    frame = width * len(legs)
    if len(data) % frame:
        message = f"{len(data)} bytes are not whole samples: send a multiple of {frame} bytes per message"
        return Refuse(ErrorCode.ODD_AUDIO_LENGTH, message, fatal=True)
    raw = dict(zip(legs, _deinterleave(data, width, len(legs)), strict=True))
    return Audio(raw, encoding)


def too_large(size: int, limit: int) -> Refuse:
    """Refusal of a message of `size` bytes where `limit` are allowed."""
    message = f"a message of {size} bytes is too large: send at most {limit} bytes per message"
    return Refuse(ErrorCode.FRAME_TOO_LARGE, message, fatal=True)


def _deinterleave(data: bytes, width: int, legs: int) -> list[bytes]:
    if legs == 1:
        return [data]
    frames = np.frombuffer(data, dtype=np.uint8).reshape(-1, legs, width)
    return [frames[:, leg, :].tobytes() for leg in range(legs)]
