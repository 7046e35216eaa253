"""The frames of Asterisk's AudioSocket: type (one byte), length (two, big-endian), payload."""

from dataclasses import dataclass
from enum import IntEnum

HEADER_BYTES = 3


class Kind(IntEnum):
    """What a frame carries; for audio see `RATES`."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    ERROR = 0xFF


RATES = {
    0x10: 8000,
    0x11: 12000,
    0x12: 16000,
    0x13: 24000,
    0x14: 32000,
    0x15: 44100,
    0x16: 48000,
    0x17: 96000,
    0x18: 192000,
}
"""Hz of signed linear audio by the frame's type."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `kind` may be none of `Kind`."""

    kind: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """The frame as it is sent; the payload has at most 65,535 bytes."""
        return bytes([self.kind]) + len(self.payload).to_bytes(2, "big") + self.payload


class FrameParser:
    """Takes a stream of bytes apart. It holds at most one unfinished frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now. Any bytes are frames of some kind."""
        buffer, at, frames = self._buffer, 0, []
        buffer += data
        while len(buffer) - at >= HEADER_BYTES:
            start = at + HEADER_BYTES
            end = start + int.from_bytes(buffer[at + 1 : start], "big")
            if end > len(buffer):
                break
            frames.append(Frame(buffer[at], bytes(buffer[start:end])))
            at = end
        del buffer[:at]
        return frames
