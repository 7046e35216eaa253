"""Scripted recognizers, so that a decoder can be tested without a model."""

import hashlib

import numpy as np

from asr.recognizer import RecognizedWord


class HashingRecognizer:
    """Its text is a digest of exactly what it heard in this utterance, and in which pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.finished = 0
        self.worn = False

    def accept(self, samples_16k) -> None:
        assert samples_16k.dtype == np.int16
        self._pieces.append(samples_16k.tobytes())

    def _digest(self) -> str:
        lengths = ",".join(str(len(piece)) for piece in self._pieces)
        return hashlib.sha256(b"".join(self._pieces) + lengths.encode()).hexdigest()[:10]

    def interim(self) -> str:
        return self._digest()

    def finish(self):
        text, seconds = self._digest(), sum(len(piece) for piece in self._pieces) / 32000
        self._pieces, self.finished = [], self.finished + 1
        return text, (RecognizedWord(text, 0.0, seconds, 1.0),)


class BrokenRecognizer(HashingRecognizer):
    def accept(self, samples_16k) -> None:
        raise RuntimeError("decoding failed")


class FakeModel:
    def __init__(self, make=HashingRecognizer) -> None:
        self._make = make
        self.made = []

    def create(self):
        self.made.append(self._make())
        return self.made[-1]
