"""How well music and tones are told from people: per kind of material, at the limits in asr/sound.py.

    python -m tests.bench.sound [--words models/vosk-small-zh] [--music DIR ...] [--speech DIR ...]

Without folders it takes the music that tests/asr/music.py makes and the speech in the repository, plain, in noise,
in babble and with music behind it. `--music` and `--speech` add recordings that nothing was tuned on, such as those
of Debian's asterisk-moh-opsound-wav and asterisk-core-sounds-*-wav: each goes over the same telephone line.
`--words` lets a recognizer hear it all too (slow), which counts what it makes of music. All is deterministic.
"""

import argparse
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.resample import resample_block
from asr.sound import SoundFrames
from asr.vosk_recognizer import VoskModel
from tests.asr import music
from tests.asr.test_sound import mixed

ROOT = Path(__file__).parents[2]
CALLS = ROOT / "kb" / "packs"
PIECE = 30.0
"""Seconds taken of a piece of music."""
FOLDER_SECONDS = 90.0
"""Seconds taken of a folder of speech."""
Material = Iterator[tuple[str, bool, np.ndarray]]
"""Name of the kind, whether it is music, audio at 8 kHz."""


class Deaf:
    """A recognizer that hears no words, for measuring the sound alone."""

    worn = False

    def accept(self, samples_16k: np.ndarray) -> None:
        pass

    def interim(self) -> str:
        return ""

    def finish(self) -> tuple[str, tuple]:
        return "", ()

    def create(self) -> "Deaf":
        return self


@dataclass
class Row:
    """Utterances of one kind: how many, how long, and the share called music."""

    count: int = 0
    seconds: float = 0.0
    music: int = 0
    music_seconds: float = 0.0
    wordy_seconds: float = 0.0

    def add(self, seconds: float, sound: str, text: str) -> None:
        self.count += 1
        self.seconds += seconds
        self.music += sound != "speech"
        self.music_seconds += seconds * (sound != "speech")
        self.wordy_seconds += seconds * (sound == "speech" and bool(text))


def made() -> Material:
    for name, make in music.MUSIC.items():
        for seed in range(2):
            yield f"made: {name}", True, music.line(make(PIECE, seed), level=-20 - 6 * seed, seed=seed)
    for name, make in music.TONES.items():
        yield f"made: {name}", True, music.line(make(PIECE, 0))


def spaced(files: list[Path]) -> np.ndarray:
    gap = np.zeros(6000, np.int16)
    return np.concatenate([part for file in files for part in (soundfile.read(file, dtype="int16")[0], gap)])


def ours() -> Material:
    for language in ("zh", "en"):
        yield f"asr_{language}", False, spaced(sorted((ROOT / "tests" / "data" / f"asr_{language}").glob("*.flac")))
    yield "demo calls", False, spaced(sorted(CALLS.glob("*/calls/*.flac")))
    for file in sorted((ROOT.parent / "shared" / "data" / "audio_en_calls").glob("*.wav")):
        yield "real English calls", False, soundfile.read(file, dtype="int16")[0]


def recording(file: Path) -> np.ndarray:
    sound, rate = soundfile.read(file, always_2d=True)
    return soxr.resample(sound.mean(axis=1), rate, music.RATE)


def folder_music(folder: Path) -> Material:
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".wav", ".ogg", ".flac"} and soundfile.info(file).duration > 2 * PIECE:
            start = round(10 * music.RATE)
            yield f"music {folder.name}", True, music.line(recording(file)[start : start + round(PIECE * music.RATE)])


def folder_speech(folder: Path) -> Material:
    files = [file for file in sorted(folder.rglob("*")) if file.suffix in {".wav", ".gsm", ".flac"}]
    random.Random(0).shuffle(files)
    parts: list[np.ndarray] = []
    while files and sum(map(len, parts)) < FOLDER_SECONDS * music.RATE:
        file = files.pop()
        if not any(word in file.stem for word in ("silence", "tone", "beep")):
            sound = recording(file)
            parts += [sound / max(1e-3, np.abs(sound).max()), np.zeros(music.RATE)]
    yield f"speech {folder.name}", False, music.line(np.concatenate(parts))


def disturbed(name: str, speech: np.ndarray) -> Material:
    """The speech plain and with something behind it."""
    noise = np.random.default_rng(0).normal(size=len(speech))
    babble = sum(np.roll(speech.astype(float), len(speech) * part // 7) for part in (1, 2, 3, 4, 5))
    yield name, False, speech
    yield f"{name}, noise 10 dB", False, mixed(speech, noise, 10)
    yield f"{name}, babble 8 dB", False, mixed(speech, babble, 8)


def measure(pool: RecognizerPool, audio: np.ndarray, row: Row) -> None:
    decoder = LegDecoder("customer", 8000, pool)
    heard = [t for start in range(0, len(audio), 800) for t in decoder.feed(audio[start : start + 800])]
    for final in [*heard, *decoder.finish()]:
        utterance = (
            final.final and abs(final.end_sample - 8000 * final.end) > 1
        )  # a silent tile ends where its audio does
        if utterance or final.text:
            row.add(final.end - final.start, final.sound, final.text)


def cost() -> float:
    """Seconds of computing per second of speech."""
    speech = resample_block(spaced(sorted((ROOT / "tests" / "data" / "asr_zh").glob("*.flac"))), 8000, 0, None)
    frames, before = SoundFrames(), time.process_time()
    for start in range(0, len(speech), 1600):
        frames.hear(speech[start : start + 1600])
    return (time.process_time() - before) / (len(speech) / 16000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=Path)
    parser.add_argument("--music", type=Path, nargs="*", default=[])
    parser.add_argument("--speech", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    pool = RecognizerPool(VoskModel(args.words, ROOT / "build" / "derived") if args.words else Deaf())
    rows: dict[str, Row] = {}
    sources = [made(), *(folder_music(folder) for folder in args.music)]
    spoken = [ours(), *(folder_speech(folder) for folder in args.speech)]
    sources += [disturbed(name, audio) for source in spoken for name, _, audio in source]
    for source in sources:
        for name, _, audio in source:
            measure(pool, audio, rows.setdefault(name, Row()))
    for name, row in rows.items():
        shares = (
            f"{row.music:4} ({row.music / max(1, row.count):6.2%}; {row.music_seconds / max(1, row.seconds):6.1%} of"
        )
        print(f"{name:46} {row.count:4} utterances, called music {shares} {row.seconds:5.0f} s)", end="")
        print(f", speech with words {row.wordy_seconds / max(1, row.seconds):6.1%}" if args.words else "")
    print(f"cost: {cost():.4f} s per second of speech")


if __name__ == "__main__":
    main()
