"""Announcements that are known beforehand: recordings in a folder."""

import logging
from pathlib import Path

import numpy as np
import soundfile

from asr.audio import AudioError, check_sample_rate
from asr.repeats import WINDOW, Prints
from asr.resample import resample_block
from asr.sound import SoundFrames

log = logging.getLogger(__name__)
_KINDS = {".wav", ".flac"}


class PromptError(ValueError):
    """A folder of announcements, or a recording in it, that cannot be used; the message names it."""


def read_prompts(folder: Path) -> Prints:
    """Fingerprints of all WAV and FLAC files in `folder` and below it, for `PrintMemory`.

    Only what lasts 3 s or more can be recognised. Comparing costs time in proportion to all of them together:
    ten minutes of announcements add about 1% to recognition. Raises `PromptError`.
    """
    if not folder.is_dir():
        raise PromptError(f"no folder {folder}: make it, or leave the setting empty")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in _KINDS)
    known = Prints.empty(WINDOW)
    for file in files:
        known = known + _read(file) + Prints.empty(WINDOW)
    log.info("%d known announcements", len(files))
    return known


def _read(file: Path) -> Prints:
    try:
        audio, rate = soundfile.read(file, dtype="int16", always_2d=True)
        check_sample_rate(rate)
    except (soundfile.LibsndfileError, AudioError) as error:
        raise PromptError(f"{file}: {error}") from error
    frames = SoundFrames()
    mono = np.ascontiguousarray(audio[:, 0])
    frames.hear(resample_block(mono, rate, 0, None))
    return Prints.of(frames)
