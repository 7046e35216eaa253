"""Recordings of ended legs: `recordings/<conversation>/<leg>.flac`, at the source rate.

Browsers play FLAC, and serving the file as it is gives them ranges, so nothing is converted for playback.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import soundfile

from asr.audio import decode
from server.spool import LegSpool, StorageError, safe_name

MEDIA_TYPE = "audio/flac"


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
        _write(path, spool, blank)
    spool.delete()
    return read_recording(data_dir, conversation_id, spool.header.leg)


def _write(path: Path, spool: LegSpool, blank: Sequence[Stretch]) -> None:
    partial = path.with_suffix(".flac.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            _encode(file.fileno(), spool, blank)
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folders(path)
    except (OSError, soundfile.LibsndfileError) as error:
        with suppress(OSError):  # a rest does no harm: the next attempt overwrites it
            partial.unlink(missing_ok=True)
        raise StorageError("cannot write a recording") from error


def _encode(file: int, spool: LegSpool, blank: Sequence[Stretch]) -> None:
    with soundfile.SoundFile(
        file, "w", samplerate=spool.header.sample_rate, channels=1, format="FLAC", subtype="PCM_16", closefd=False
    ) as flac:
        position = 0
        for block in spool.blocks():
            samples = decode(block, spool.header.encoding)
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
