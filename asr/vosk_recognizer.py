"""The only file that touches Vosk.

Vosk ends utterances by itself and dithers at random. Both are off in a derived copy of the model's
configuration: boundaries are ours, and the same audio always gives the same words.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import vosk

from asr.audio import Samples
from asr.graph import GRAPH, WORDS, graph_folder
from asr.recognizer import ModelError, RecognizedWord, Recognizer, join_words
from asr.resample import RECOGNIZER_RATE

_REQUIRED = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")
_GRAPHS = (("graph/HCLG.fst",), ("graph/HCLr.fst", "graph/Gr.fst"))
_NEVER = 100000
_LIFE_SECONDS = 900
_SETTINGS = {
    "mfcc.conf": ("--dither=0",),
    "model.conf": (
        *(f"--endpoint.rule{rule}.min-trailing-silence={_NEVER}" for rule in (1, 2, 3, 4)),
        f"--endpoint.rule5.min-utterance-length={_NEVER}",
    ),
}
_REPLACED = re.compile(r"^--(dither|endpoint\.rule\d)\b")


class VoskModel:
    """A Vosk model folder, loaded. Recognizers of one model share its memory."""

    def __init__(self, path: Path, derived_dir: Path) -> None:
        """Loads the model in `path`; `derived_dir` is a writable folder for the derived configuration.

        Raises `ModelError` when files are missing or damaged.
        """
        _check(path)
        vosk.SetLogLevel(-1)
        try:
            self._model = vosk.Model(str(_derive(path, derived_dir)))
        except Exception as error:  # Vosk raises plain Exception for every failure
            message = f"the speech model in {path} cannot be loaded; its files are damaged: fetch it again"
            raise ModelError(message) from error

    def create(self) -> Recognizer:
        """A fresh recognizer; takes about 0.1 s."""
        return VoskRecognizer(self._model)


class VoskRecognizer:
    """One Vosk recognizer at 16 kHz; see `Recognizer`."""

    def __init__(self, model: vosk.Model) -> None:
        """Takes about 0.1 s."""
        self._heard = self._before = 0
        self._vosk = vosk.KaldiRecognizer(model, RECOGNIZER_RATE)
        self._vosk.SetWords(True)

    @property
    def worn(self) -> bool:
        """Its memory keeps growing, and its time is a 32-bit float."""
        return self._heard > _LIFE_SECONDS * RECOGNIZER_RATE

    def accept(self, samples_16k: Samples) -> None:
        """Hears the next samples (int16 mono, 16 kHz); raises `RuntimeError` when Vosk fails."""
        if len(samples_16k) == 0:
            return
        self._heard += len(samples_16k)
        if self._vosk.AcceptWaveform(samples_16k.tobytes()):
            raise RuntimeError("Vosk ended an utterance by itself: its derived configuration is not in force")

    def interim(self) -> str:
        """The words so far."""
        return join_words(json.loads(self._vosk.PartialResult())["partial"])

    def finish(self) -> tuple[str, tuple[RecognizedWord, ...]]:
        """The utterance's text and words. Without `Reset`, which would keep the speaker's adaptation."""
        if self._heard == self._before:
            return "", ()
        result = json.loads(self._vosk.FinalResult())
        offset = self._before / RECOGNIZER_RATE  # Vosk counts time over the recognizer's whole life
        self._before = self._heard
        return join_words(result["text"]), tuple(_word(word, offset) for word in result.get("result", ()))


def _word(word: dict[str, Any], offset: float) -> RecognizedWord:
    # Rounded, because adding the recognizer's age and taking it away again costs digits
    return RecognizedWord(
        text=word["word"],
        start=max(0.0, round(word["start"] - offset, 2)),
        end=max(0.0, round(word["end"] - offset, 2)),
        confidence=min(1.0, max(0.0, word["conf"])),
    )


def _check(path: Path) -> None:
    if not path.is_dir():
        raise ModelError(f"no speech model in {path}: run `tici models fetch`")
    missing = [name for name in _REQUIRED if not _has(path / name)]
    if not any(all(_has(path / name) for name in graph) for graph in _GRAPHS):
        missing.append("graph/HCLG.fst (or graph/HCLr.fst and graph/Gr.fst)")
    if missing:
        raise ModelError(f"the speech model in {path} lacks {', '.join(missing)}: run `tici models fetch`")


def _has(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _derive(path: Path, derived_dir: Path) -> Path:
    """A folder with links to the model's files, to its composed graph if there is one, and two changed copies."""
    source = path.resolve()
    configs = {name: _changed((source / "conf" / name).read_text(), lines) for name, lines in _SETTINGS.items()}
    graph = graph_folder(path.absolute())
    made = (graph / GRAPH).stat().st_mtime_ns if (graph / GRAPH).is_file() else None
    key = hashlib.sha256(json.dumps([str(source), _listing(source), configs, made]).encode()).hexdigest()[:12]
    target = derived_dir / f"{source.name}-{key}"
    if not target.is_dir():
        derived_dir.mkdir(parents=True, exist_ok=True)
        _publish(_build(source, configs, graph if made else None, derived_dir), target)
    return target


def _changed(text: str, lines: tuple[str, ...]) -> str:
    kept = [line for line in text.splitlines() if line.strip() and not _REPLACED.match(line.strip())]
    return "\n".join([*kept, *lines]) + "\n"


def _listing(source: Path) -> list[str]:
    return sorted(entry.relative_to(source).as_posix() for entry in [*source.iterdir(), *(source / "conf").iterdir()])


def _build(source: Path, configs: dict[str, str], graph: Path | None, parent: Path) -> Path:
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=parent))
    copied = {"conf"} if graph is None else {"conf", "graph"}
    _link(source, building, copied)
    for name in copied:
        (building / name).mkdir()
        _link(source / name, building / name, {*configs, GRAPH, WORDS})
    for name, text in configs.items():
        (building / "conf" / name).write_text(text)
    if graph is not None:
        for name in (GRAPH, WORDS):
            (building / "graph" / name).symlink_to(graph / name)
    return building


def _link(source: Path, target: Path, without: set[str]) -> None:
    for entry in source.iterdir():
        if entry.name not in without:
            (target / entry.name).symlink_to(entry)


def _publish(building: Path, target: Path) -> None:
    try:
        os.rename(building, target)  # noqa: PTH104 - Path.rename would do the same; kept beside its error
    except OSError:
        shutil.rmtree(building)
        if not target.is_dir():
            raise
