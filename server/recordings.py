"""Recordings of ended legs: `recordings/<conversation>/<leg>.flac`, at the source rate.

Browsers play FLAC, and serving the file as it is gives them ranges, so nothing is converted for playback.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr.audio import decode
from server.spool import LegSpool, StorageError, safe_name

MEDIA_TYPE = "audio/flac"
BLOCK = 1 << 16
"""Samples that are worked on at once."""
Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Recording:
    """An ended leg's audio. `samples` at `sample_rate` Hz, mono."""

    path: Path
    samples: int
    sample_rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.samples / self.sample_rate


def recording_path(data_dir: Path, conversation_id: str, leg: str) -> Path:
    """Where the leg's recording lies, or would lie."""
    return data_dir / "recordings" / safe_name(conversation_id) / f"{safe_name(leg)}.flac"


def read_recording(data_dir: Path, conversation_id: str, leg: str) -> Recording | None:
    """What is recorded of the leg, or None if there is nothing. Raises `StorageError` if it is damaged."""
    path = recording_path(data_dir, conversation_id, leg)
    if not path.is_file():
        return None
    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, OSError) as error:
        raise StorageError("a recording cannot be read") from error
    return Recording(path, info.frames, info.samplerate)


Stretch = tuple[int, int]
"""Samples from the first up to, not including, the second."""


def finish_recording(
    data_dir: Path, conversation_id: str, spool: LegSpool, blank: Sequence[Stretch] = ()
) -> Recording | None:
    """Turn an ended leg's spool into its recording, then delete the spool; None for a leg without audio.

    The stretches `blank` become silence: what was said there is not to be kept.

    Blocks on disk and CPU (about 0.002 of the audio's length): call it from a thread. It can be repeated after a
    crash at any point: the spool goes only once the recording is safe. Raises `StorageError`; the spool is kept.
    """
    path = recording_path(data_dir, conversation_id, spool.header.leg)
    if spool.samples:
        decoded = (decode(block, spool.header.encoding) for block in spool.blocks())
        _write(path, decoded, spool.header.sample_rate, blank)
    spool.delete()
    return read_recording(data_dir, conversation_id, spool.header.leg)


def blank_recording(data_dir: Path, conversation_id: str, leg: str, blank: Sequence[Stretch]) -> None:
    """Make more of a finished recording silent; its length stays. A recording that is gone stays so.

    Blocks as `finish_recording` does. Raises `StorageError`; the file is then as it was.
    """
    known = read_recording(data_dir, conversation_id, leg)
    if known is None:
        return
    try:
        with soundfile.SoundFile(str(known.path)) as flac:
            _write(known.path, flac.blocks(BLOCK, dtype="int16"), known.sample_rate, blank)
    except soundfile.LibsndfileError as error:
        raise StorageError("a recording cannot be read") from error


def remove_recording(data_dir: Path, conversation_id: str, leg: str) -> None:
    """Remove a leg's recording, and its folder once that is empty. Raises `StorageError`."""
    path = recording_path(data_dir, conversation_id, leg)
    try:
        path.unlink(missing_ok=True)
        path.with_suffix(".flac.part").unlink(missing_ok=True)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise StorageError("cannot remove a recording") from error


def _write(path: Path, blocks: Iterable[Samples], sample_rate: int, blank: Sequence[Stretch]) -> None:
    partial = path.with_suffix(".flac.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            _encode(file.fileno(), blocks, sample_rate, blank)
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folders(path)
    except (OSError, soundfile.LibsndfileError) as error:
        with suppress(OSError):  # a rest does no harm: the next attempt overwrites it
            partial.unlink(missing_ok=True)
        raise StorageError("cannot write a recording") from error


def _encode(file: int, blocks: Iterable[Samples], sample_rate: int, blank: Sequence[Stretch]) -> None:
    with soundfile.SoundFile(
        file, "w", samplerate=sample_rate, channels=1, format="FLAC", subtype="PCM_16", closefd=False
    ) as flac:
        position = 0
        for samples in blocks:
            for start, end in blank:
                samples[max(0, start - position) : max(0, end - position)] = 0
            flac.write(samples)
            position += len(samples)


def _sync_folders(path: Path) -> None:
    for folder in list(path.parents)[:2]:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
