"""A node whose recognizers say what a test tells them, and a caller who makes the sound to it."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from asr.recognizer import RecognizedWord
from tests.asr.signals import silence
from tests.server.clients import Json, Socket

RATE = 8000
SIGN_SECONDS = 0.2
LOUD = 300
"""Level that only a voice reaches."""
CLIPS = Path(__file__).resolve().parents[1] / "data" / "asr_zh"
SCRIPT = "TICI_TEST_SCRIPT"
CODE = """
import logging
from tests.server.scripted_speech import ScriptedModel
import server.speech, server.cli
server.speech.VoskModel = ScriptedModel
for name in ("server", "asr", "kb", "suggest"):
    logging.getLogger(name).setLevel(logging.DEBUG)
server.cli.main()
"""
"""Runs a node with those recognizers that logs all that our own code can log."""


class ScriptedModel:
    """Takes the place of the speech model."""

    def __init__(self, path: Path, derived_dir: Path) -> None:
        pass

    def create(self) -> "ScriptedRecognizer":
        """A recognizer that reads the script."""
        return ScriptedRecognizer()


class ScriptedRecognizer:
    """Hears the words of the script's current line, one sign (or English word) after the other."""

    worn = False

    def __init__(self) -> None:
        self._seconds = 0.0
        self._onset: float | None = None

    def accept(self, samples_16k: Any) -> None:
        """Only where the voice begins, and how long it is, counts."""
        loud = np.flatnonzero(np.abs(samples_16k.astype(int)) > LOUD)
        if self._onset is None and len(loud):
            self._onset = self._seconds + loud[0] / 16000
        self._seconds += len(samples_16k) / 16000

    def interim(self) -> str:
        """What has been spoken by now."""
        signs = _signs()
        if self._onset is None:
            return ""
        return _joined(signs[: round((self._seconds - self._onset) / SIGN_SECONDS)])

    def finish(self) -> tuple[str, tuple[RecognizedWord, ...]]:
        """The whole line."""
        signs, onset = _signs(), self._onset or 0.0
        self._seconds, self._onset = 0.0, None
        starts = [onset + n * SIGN_SECONDS for n in range(len(signs))]
        words = (RecognizedWord(s, at, at + SIGN_SECONDS, 1.0) for s, at in zip(signs, starts, strict=True))
        return _joined(signs), tuple(words)


def _signs() -> list[str]:
    path = Path(os.environ[SCRIPT])
    line: str = json.loads(path.read_text())["line"] if path.exists() else ""
    return line.split() if line.isascii() else list(line)


def _joined(signs: list[str]) -> str:
    return " ".join(signs) if all(sign.isascii() for sign in signs) else "".join(signs)


def _voice(number: int, seconds: float) -> np.ndarray:
    """So much of somebody's speech, without its pauses; another text for each number."""
    clips = sorted(CLIPS.glob("*.flac"))
    samples, _ = soundfile.read(clips[number % len(clips)], dtype="int16")
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    voiced = frames[np.abs(frames).max(axis=1) > 4 * LOUD].ravel()
    return np.resize(voiced, round(seconds * RATE))


class Caller:
    """Speaks on two legs, one after the other, and waits until each line was heard."""

    def __init__(self, socket: Socket, script: Path) -> None:
        self._socket = socket
        self._script = script
        self.sent: dict[str, list[np.ndarray]] = {"customer": [], "agent": []}
        self.spoken: dict[str, list[tuple[int, int]]] = {"customer": [], "agent": []}
        """From, to, in samples, where each line sounds."""

    async def says(self, leg: str, line: str) -> Json:
        """One line; what the sender is told was heard."""
        self._script.write_text(json.dumps({"line": line}))
        signs = len(line.split()) if line.isascii() else len(line)
        number = sum(map(len, self.spoken.values()))
        voice = _voice(number, signs * SIGN_SECONDS)
        sound = np.concatenate([silence(RATE, 0.5), voice, silence(RATE, 1.2)])
        start = sum(map(len, self.sent[leg])) + RATE // 2
        self.spoken[leg].append((start, start + len(voice)))
        for name in self.sent:
            self.sent[name].append(sound if name == leg else silence(RATE, len(sound) / RATE))
        await self._send()
        return await self._socket.until(lambda m: m["type"] == "final" and m["leg"] == leg)

    async def _send(self) -> None:
        frames = np.stack([pieces[-1] for pieces in self.sent.values()], axis=1)
        for start in range(0, len(frames), RATE // 10):
            await self._socket.connection.send(frames[start : start + RATE // 10].tobytes())
