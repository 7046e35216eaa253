"""What the recognizer hears in a recording, as it hears it: interims and finals with when they came.

    python -m tests.bench.hearing --model models/vosk-small-zh --out build/heard RECORDING...

Decoding takes a while; the JSON Lines it writes, one file per recording, replay in no time.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.transcript import Transcript, Word
from asr.vosk_recognizer import VoskModel

STEP = 0.04
"""Seconds of audio per call, as a telephone system sends it."""
TRAILING = 1.0
"""Seconds of silence added, so that the last utterance ends as others do."""


@dataclass(frozen=True)
class Heard:
    """A transcript and how much audio had come in by then, seconds."""

    at: float
    transcript: Transcript


def hear(recording: Path, leg: str, pool: RecognizerPool) -> list[Heard]:
    """Decode a recording of one party in small steps."""
    speech, rate = soundfile.read(recording, dtype="int16")
    audio = np.concatenate([speech, np.zeros(round(TRAILING * rate), np.int16)])
    decoder, step, found = LegDecoder(leg, rate, pool), round(STEP * rate), []
    for start in range(0, len(audio), step):
        transcripts = decoder.feed(audio[start : start + step])
        found += [Heard(decoder.position / rate, transcript) for transcript in transcripts]
    decoder.abandon()
    return found


def read_heard(path: Path) -> list[Heard]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Heard(
            row["at"],
            Transcript(**{**row["transcript"], "words": tuple(Word(**w) for w in row["transcript"]["words"])}),
        )
        for row in rows
    ]


def write_heard(path: Path, heard: list[Heard]) -> None:
    path.write_text("".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in heard), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    pool = RecognizerPool(VoskModel(args.model, args.out / "derived"))
    for recording in args.recordings:
        leg = recording.stem.rpartition(".")[2] if "." in recording.stem else "customer"
        write_heard(args.out / f"{recording.stem}.jsonl", hear(recording, leg, pool))


if __name__ == "__main__":
    main()
