"""Warm recognizers, leased for one utterance at a time."""

import threading

import numpy as np

from asr.audio import Samples
from asr.recognizer import Recognizer, RecognizerModel
from asr.resample import RECOGNIZER_RATE

_WARM_SECONDS = 2


class PoolClosed(RuntimeError):
    """The pool was closed: the service is stopping."""


class RecognizerPool:
    """Recognizers of one model. All methods may be called from any thread.

    A recognizer that has heard something is cheaper than a new one, so they are kept, and the one used last
    is leased first. When none is free a new one is made (about 0.1 s).
    """

    def __init__(self, model: RecognizerModel) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._closed = False
        self._idle: list[Recognizer] = []

    def warm(self, count: int) -> None:
        """Adds `count` recognizers that have heard something; takes a second or two each."""
        for _ in range(count):
            self.release(_warmed(self._model))

    @property
    def idle(self) -> int:
        """Recognizers that are free."""
        with self._lock:
            return len(self._idle)

    def acquire(self) -> Recognizer:
        """A recognizer with no memory of earlier speech; raises `PoolClosed`."""
        with self._lock:
            if self._closed:
                raise PoolClosed("speech recognition is shutting down")
            if self._idle:
                return self._idle.pop()
        return self._model.create()

    def release(self, recognizer: Recognizer) -> None:
        """Takes back a recognizer after its `finish`. One that failed must be dropped instead."""
        with self._lock:
            if not self._closed:
                self._idle.append(recognizer)

    def close(self) -> None:
        """Frees the idle recognizers; leased ones are freed when they come back."""
        with self._lock:
            self._closed = True
            self._idle.clear()


def _warmed(model: RecognizerModel) -> Recognizer:
    recognizer = model.create()
    recognizer.accept(_babble(_WARM_SECONDS * RECOGNIZER_RATE))
    recognizer.finish()
    return recognizer


def _babble(length: int) -> Samples:
    """Something like speech: a buzzing voice whose loudness follows syllables."""
    time = np.arange(length) / RECOGNIZER_RATE
    harmonics = np.arange(1, 20)[:, None]
    buzz = (np.sin(2 * np.pi * 140 * harmonics * time) / harmonics).sum(axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None)
    babble: Samples = (4000 * buzz * syllables).astype(np.int16)
    return babble
