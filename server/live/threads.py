"""The threads that decode speech, and how long they are at work."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from time import monotonic
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DecoderThreads(Executor):
    """A thread pool that counts the time in which its threads work. Work is done in the order in which it came.

    A leg has one piece of work under way at most, and pieces are short: so legs take turns, and one that is far
    behind cannot starve the others.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="asr")
        self._lock = threading.Lock()
        self._worked = 0.0
        self._begun: dict[int, float] = {}

    @property
    def worked(self) -> float:
        """Seconds that the threads have worked so far, all together, unfinished work included."""
        with self._lock:
            now = monotonic()
            return self._worked + sum(now - begun for begun in self._begun.values())

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have work done, its time counted."""
        return self._pool.submit(self._timed, fn, *args, **kwargs)

    def submit_uncounted(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have work done that is not of any call."""
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """See `Executor.shutdown`."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def _timed(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        me = threading.get_ident()
        with self._lock:
            self._begun[me] = monotonic()
        try:
            return fn(*args, **kwargs)
        finally:
            with self._lock:
                self._worked += monotonic() - self._begun.pop(me)
