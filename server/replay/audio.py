"""Audio files as one call: each leg's samples at one rate, cut into the chunks that a sender sends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from asr.audio import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, encode
from server.replay.errors import BadAudioError

Track = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class CallAudio:
    """`tracks` (int16, mono, equally long) by leg, at `sample_rate` Hz."""

    tracks: dict[str, Track]
    sample_rate: int

    @property
    def samples(self) -> int:
        """Samples of each leg."""
        return len(next(iter(self.tracks.values())))

    def chunk(self, start: int, end: int, encoding: str) -> bytes:
        """Samples `start` to `end` of all legs, interleaved sample by sample, encoded."""
        block = np.stack([track[start:end] for track in self.tracks.values()], axis=1)
        return encode(block.reshape(-1), encoding)

    def only(self, leg: str) -> "CallAudio":
        """The same with just one leg."""
        return replace(self, tracks={leg: self.tracks[leg]})

    def lasting(self, seconds: float) -> "CallAudio":
        """The same, repeated or cut to last `seconds`."""
        wanted = max(1, round(seconds * self.sample_rate))
        return replace(self, tracks={leg: np.resize(track, wanted) for leg, track in self.tracks.items()})


def load_call(paths: Sequence[Path], legs: Sequence[str]) -> CallAudio:
    """Read one file per leg (or one stereo file for two legs) in any format that libsndfile reads.

    A shorter leg is filled up with silence. Raises `BadAudioError` if a file is missing, is no audio, has a rate
    outside 8 to 48 kHz, or if rates or the number of channels do not fit.
    """
    if len(set(legs)) < len(legs):
        raise BadAudioError("two legs have the same name")
    files = [_read(path) for path in paths]
    rates = sorted({rate for _, rate in files})
    if len(rates) != 1:
        raise BadAudioError(f"the files have different sample rates ({', '.join(map(str, rates))} Hz): make them equal")
    tracks = [channel for channels, _ in files for channel in channels.T]
    if len(tracks) != len(legs):
        raise BadAudioError(
            f"{len(tracks)} channels of audio for {len(legs)} legs: name one leg each, as in --legs customer,agent"
        )
    longest = max(len(track) for track in tracks)
    if not longest:
        raise BadAudioError("the files hold no audio")
    padded = [np.pad(track, (0, longest - len(track))) for track in tracks]
    return CallAudio(dict(zip(legs, padded, strict=True)), rates[0])


def _read(path: Path) -> tuple[Track, int]:
    if not path.is_file():
        raise BadAudioError(f"there is no file {path}")
    try:
        samples, rate = soundfile.read(str(path), dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise BadAudioError(f"{path} is not audio that can be read: {error.error_string}") from error
    if not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:
        raise BadAudioError(f"{path} has {rate} Hz: {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz can be played")
    return samples, rate
