"""An encoder without weights, for tests of what lies around it."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

DIM = 64


class LetterEncoder:
    """Texts that share letters are near each other. Counts what it encodes."""

    def __init__(self, fingerprint: str = "letters") -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.encoded.extend(texts)
        rows = np.stack([sum((_letter(c) for c in text), np.full(DIM, 0.5)) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _letter(char: str) -> NDArray[np.float64]:
    return np.random.default_rng(crc32(char.encode())).normal(size=DIM)
