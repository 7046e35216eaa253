"""A file that only grows, on a disk that may be full or failing for a while."""

import errno
import logging
import os
from threading import Lock

log = logging.getLogger(__name__)
_make_durable = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync


class MemoryFullError(OSError):
    """The disk has taken nothing for so long that no more is kept in memory."""


class GrowingFile:
    """Bytes that are safe on disk, and after them those that are not yet: these are in memory too.

    So a write that failed is made again later, and so is a sync that failed, after which the pages in question may be
    gone although a later sync would succeed. All methods block on the disk and may be called from any thread; one
    `append` at a time.
    """

    def __init__(self, file: int, size: int, limit: int) -> None:
        """`file`: descriptor, opened for reading and writing; `size`: bytes in it; `limit`: bytes kept in memory."""
        self._file = file
        self._limit = limit
        self._durable = size
        self._written = size
        self._size = size
        self._tail = bytearray()
        """Everything after `_durable`, in the file or not."""
        self._lock = Lock()
        self._syncing = Lock()
        self._failing = False

    @property
    def size(self) -> int:
        """Bytes there are, safe or not."""
        return self._size

    def append(self, data: bytes) -> None:
        """Take bytes. Raises MemoryFullError, and takes none, when too many wait for the disk already."""
        with self._lock:
            if len(self._tail) + len(data) > self._limit:
                raise MemoryFullError(errno.ENOSPC, "the disk has taken nothing for too long")
            self._tail += data
            self._size += len(data)
            self._write()

    def sync(self) -> int:
        """Make as much durable as the disk takes now; the bytes that are."""
        with self._syncing:
            with self._lock:
                self._write()
                target = self._written
            if target > self._durable:
                self._make_durable(target)
            return self._durable

    def read(self, start: int, count: int) -> bytes:
        """Bytes from `start` on, at most `count`; fewer at the end. Raises OSError."""
        with self._lock:
            durable, end = self._durable, min(start + count, self._size)
            unsafe = bytes(self._tail[max(0, start - durable) : max(0, end - durable)])
        saved = min(end, durable) - start
        return (os.pread(self._file, saved, start) if saved > 0 else b"") + unsafe

    def _write(self) -> None:
        try:
            while rest := memoryview(self._tail)[self._written - self._durable :]:
                with rest:
                    self._written += os.pwrite(self._file, rest, self._written)
        except OSError as error:
            self._note(error)

    def _make_durable(self, target: int) -> None:
        try:
            _make_durable(self._file)
        except OSError as error:
            with self._lock:
                self._written = self._durable
            self._note(error)
            return
        with self._lock:
            del self._tail[: target - self._durable]
            self._durable = target
        self._note(None)

    def _note(self, error: OSError | None) -> None:
        if error is not None and not self._failing:
            log.error("audio cannot be written (%s); it is kept in memory", error.strerror or type(error).__name__)
        elif error is None and self._failing and not self._tail:
            log.warning("audio can be written again; nothing of it was lost")
        self._failing = error is not None or (self._failing and bool(self._tail))
