"""The raw audio of live calls on disk: what is synced here is not lost, whatever happens to the process.

One leg is two files, `spool/<conversation>/<leg>.json` (the header, written and synced first) and `<leg>.raw`
(samples in the source encoding, appended). One writer at a time holds a leg, by a lock on the raw file.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from asr.audio import AudioError, bytes_per_sample
from server.growing_file import GrowingFile

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class StorageError(Exception):
    """Audio could not be kept or read back: the disk is full, broken, or holds something else."""


class SpoolBusyError(StorageError):
    """Another writer holds this leg."""


@dataclass(frozen=True, slots=True)
class SpoolHeader:
    """What is needed to decode a leg again. `offset`: seconds from the conversation's origin to sample 0."""

    leg: str
    encoding: str
    sample_rate: int
    offset: float
    role: str
    language: str

    @property
    def audio_format(self) -> tuple[str, str, int]:
        """What must not change while a leg lives."""
        return self.leg, self.encoding, self.sample_rate

    @property
    def bytes_per_sample(self) -> int:
        """Bytes of one sample in `encoding`."""
        return bytes_per_sample(self.encoding)


MEMORY_SECONDS = 60.0
"""Seconds of a leg's audio that are kept in memory while the disk takes none."""


def safe_name(name: str) -> str:
    """A file name for an untrusted name: itself if it is plain, else a readable rest and a hash; never a path."""
    if _PLAIN.fullmatch(name):
        return name
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:32]
    # "~" occurs in no plain name, so that no two names share a file.
    return f"{readable}~{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"


class LegSpool:
    """The growing audio of one leg. All methods block on the disk: call them from a thread.

    One `append` at a time; `sync` and `read` may run beside it in other threads. `close` and `delete` come last.
    While the disk is full or failing, audio is kept in memory, `MEMORY_SECONDS` of it, and written later.
    """

    def __init__(self, raw_path: Path, header: SpoolHeader, file: int, size: int) -> None:
        self.raw_path = raw_path
        self.header = header
        self._file = file
        limit = round(MEMORY_SECONDS * header.sample_rate) * header.bytes_per_sample
        self._audio = GrowingFile(file, size, limit)
        self._closed = False

    @classmethod
    def create(cls, data_dir: Path, conversation_id: str, header: SpoolHeader) -> Self:
        """Start the spool of a new leg, or go on with the same leg's: then the header on disk stays the truth.

        Raises `SpoolBusyError` if another writer has it, `StorageError` if the leg is there in another encoding
        or sample rate, or the disk refuses. `conversation_id` is ours; the leg's name may be anything.
        """
        raw_path = _raw_path(data_dir, conversation_id, header.leg)
        try:
            if raw_path.with_suffix(".json").exists():
                return cls._reopen(raw_path, expected=header)
            raw_path.parent.mkdir(parents=True, exist_ok=True)
            _write_synced(raw_path.with_suffix(".json"), json.dumps(asdict(header), ensure_ascii=False))
            return cls._reopen(raw_path, expected=header)
        except OSError as error:
            raise _storage_error("cannot start the spool", error) from error

    @classmethod
    def open(cls, data_dir: Path, conversation_id: str, leg: str) -> Self:
        """Go on with a leg's spool after a crash; a torn last sample is cut off.

        Raises `SpoolBusyError` or `StorageError`, as `create`; also if there is no such spool.
        """
        try:
            return cls._reopen(_raw_path(data_dir, conversation_id, leg), expected=None)
        except OSError as error:
            raise _storage_error("cannot open the spool", error) from error

    @classmethod
    def _reopen(cls, raw_path: Path, expected: SpoolHeader | None) -> Self:
        header = _read_header(raw_path.with_suffix(".json"))
        if expected is not None and expected.audio_format != header.audio_format:
            raise StorageError("this leg was begun in another encoding or sample rate")
        file = os.open(raw_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = _lock_and_trim(file, header.bytes_per_sample)
            _sync_folder(raw_path.parent)
        except BaseException:
            os.close(file)
            raise
        return cls(raw_path, header, file, size)

    @property
    def samples(self) -> int:
        """Samples received so far, safe on disk or not."""
        return self._audio.size // self.header.bytes_per_sample

    def last_written(self) -> float:
        """When audio was written last, in Unix seconds. Raises `StorageError`."""
        self._check_open()
        try:
            return os.fstat(self._file).st_mtime
        except OSError as error:
            raise _storage_error("cannot read the spool", error) from error

    def append(self, data: bytes) -> None:
        """Take whole samples in the source encoding. Raises `StorageError`; then nothing was added."""
        if len(data) % self.header.bytes_per_sample:
            raise ValueError("torn sample")
        self._check_open()
        try:
            self._audio.append(data)
        except OSError as error:
            raise _storage_error("cannot write the spool", error) from error

    def sync(self) -> int:
        """Make everything durable that the disk takes; the samples that are. Raises `StorageError` once closed."""
        self._check_open()
        return self._audio.sync() // self.header.bytes_per_sample

    def read(self, start_sample: int, count: int) -> bytes:
        """Samples from `start_sample` on, at most `count`; fewer at the end. Raises `StorageError`."""
        self._check_open()
        width = self.header.bytes_per_sample
        if start_sample < 0 or count <= 0:
            return b""
        try:
            return self._audio.read(start_sample * width, count * width)
        except OSError as error:
            raise _storage_error("cannot read the spool", error) from error

    def blocks(self, samples: int = 1 << 16) -> Iterator[bytes]:
        """The whole leg in pieces of `samples` samples."""
        for start in range(0, self.samples, samples):
            yield self.read(start, samples)

    def close(self) -> None:
        """Let go of the leg; does not sync. A second call does nothing."""
        if not self._closed:
            self._closed = True
            os.close(self._file)

    def delete(self) -> None:
        """Remove the leg from disk, and its folder once that is empty; closes. Raises `StorageError`."""
        try:
            # The header goes last: a leg without a header could not be told from rubbish.
            self.raw_path.unlink(missing_ok=True)
            self.raw_path.with_suffix(".json").unlink(missing_ok=True)
            if not any(self.raw_path.parent.iterdir()):
                self.raw_path.parent.rmdir()
        except OSError as error:
            raise _storage_error("cannot remove the spool", error) from error
        finally:
            self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StorageError("the spool is closed")


def spooled_legs(data_dir: Path, conversation_id: str) -> list[str]:
    """Names of the conversation's legs that are still in the spool. Raises `StorageError`."""
    folder = data_dir / "spool" / safe_name(conversation_id)
    try:
        return sorted(_read_header(path).leg for path in folder.glob("*.json"))
    except OSError as error:
        raise _storage_error("cannot list the spool", error) from error


def spooled_conversations(data_dir: Path) -> list[str]:
    """Ids of the conversations with audio in the spool: after a crash, those to recover."""
    folder = data_dir / "spool"
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _raw_path(data_dir: Path, conversation_id: str, leg: str) -> Path:
    return data_dir / "spool" / safe_name(conversation_id) / f"{safe_name(leg)}.raw"


def _read_header(path: Path) -> SpoolHeader:
    try:
        header = SpoolHeader(**json.loads(path.read_text("utf-8")))
        bytes_per_sample(header.encoding)
    except AudioError as error:
        raise StorageError("a spool header names an unknown encoding") from error
    except (ValueError, TypeError) as error:
        raise StorageError("a spool header is damaged") from error
    return header


def _lock_and_trim(file: int, bytes_per_sample: int) -> int:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SpoolBusyError("another writer holds this leg's spool") from error
    status = os.fstat(file)
    if status.st_nlink == 0:
        raise SpoolBusyError("this leg's spool was removed just now")
    size = status.st_size
    whole = size - size % bytes_per_sample
    if whole != size:
        os.ftruncate(file, whole)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))  # it says when audio came last
    return whole


def _write_synced(path: Path, text: str) -> None:
    partial = path.with_suffix(".json.part")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _sync_folder(folder: Path) -> None:
    for path in (folder, folder.parent):
        file = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _storage_error(what: str, error: OSError) -> StorageError:
    return StorageError(f"{what}: {error.strerror or type(error).__name__}")
