"""Warm recognizers, leased for one utterance at a time."""

import threading
from time import monotonic

import numpy as np

from asr.audio import Samples
from asr.memory import give_back
from asr.recognizer import Recognizer, RecognizerModel
from asr.resample import RECOGNIZER_RATE

UNUSED_SECONDS = 60.0
"""A recognizer that nobody needed for so long is freed: it holds 100 MB where the graph is not composed, else a few."""
_WARM_SECONDS = 2


class PoolClosed(RuntimeError):
    """The pool was closed: the service is stopping."""


class RecognizerPool:
    """Recognizers of one model. All methods may be called from any thread.

    A recognizer that has heard something is cheaper than a new one, so they are kept, and the one used last
    is leased first. When none is free a new one is made (about 0.1 s). Those that are worn out, or that nobody
    has needed for a while, are freed and their memory given back to the system.
    """

    def __init__(self, model: RecognizerModel, keep: int = 1) -> None:
        """`keep` recognizers stay, however long nobody needs them."""
        self._model = model
        self._keep = keep
        self._lock = threading.Lock()
        self._closed = False
        self._idle: list[tuple[Recognizer, float]] = []
        self._freed = False
        """Memory was freed that has not been given back yet."""
        self._made = self._recycled = 0

    def warm(self, count: int) -> None:
        """Makes recognizers that have heard something until `count` are free; takes a second or two each."""
        while self.idle < count:
            with self._lock:
                self._made += 1
            self.release(_warmed(self._model))

    @property
    def idle(self) -> int:
        """Recognizers that are free."""
        with self._lock:
            return len(self._idle)

    @property
    def made(self) -> int:
        """Recognizers made so far."""
        with self._lock:
            return self._made

    @property
    def recycled(self) -> int:
        """Recognizers freed so far, as they were worn out or not needed any more."""
        with self._lock:
            return self._recycled

    def acquire(self) -> Recognizer:
        """A recognizer with no memory of earlier speech; raises `PoolClosed`."""
        with self._lock:
            if self._closed:
                raise PoolClosed("speech recognition is shutting down")
            if self._idle:
                return self._idle.pop()[0]
            self._made += 1
        return self._model.create()

    def release(self, recognizer: Recognizer) -> None:
        """Takes back a recognizer after its `finish`. One that failed must be dropped instead."""
        with self._lock:
            if not self._closed and not recognizer.worn:
                self._idle.append((recognizer, monotonic()))
            else:
                self._freed = True
                self._recycled += 1

    def shrink(self, now: float) -> int:
        """Frees those that nobody has needed for `UNUSED_SECONDS` (`now`: monotonic seconds); how many.

        Gives back the memory of all that are free by now. Takes some milliseconds: not for an event loop.
        """
        with self._lock:
            # The one used last is leased first, so those that were not needed lie at the bottom.
            unused = sum(now - since > UNUSED_SECONDS for _, since in self._idle)
            freed = self._idle[: max(0, min(unused, len(self._idle) - self._keep))]
            del self._idle[: len(freed)]
            self._recycled += len(freed)
            due, self._freed = self._freed or bool(freed), False
        count = len(freed)
        del freed
        if due:
            give_back()
        return count

    def close(self) -> None:
        """Frees the idle recognizers; leased ones are freed when they come back."""
        with self._lock:
            self._closed = True
            self._idle.clear()
        give_back()


def _warmed(model: RecognizerModel) -> Recognizer:
    recognizer = model.create()
    recognizer.accept(babble(_WARM_SECONDS * RECOGNIZER_RATE))
    recognizer.finish()
    return recognizer


def babble(length: int) -> Samples:
    """`length` samples of something like speech: a buzzing voice whose loudness follows syllables."""
    time = np.arange(length) / RECOGNIZER_RATE
    harmonics = np.arange(1, 20)[:, None]
    buzz = (np.sin(2 * np.pi * 140 * harmonics * time) / harmonics).sum(axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None)
    babbled: Samples = (4000 * buzz * syllables).astype(np.int16)
    return babbled
