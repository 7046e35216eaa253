"""Measures recognition on files with known texts, through the same code as live calls."""

import csv
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from asr.audio import AudioError, Samples, check_sample_rate
from asr.error_rate import cer, wer
from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.recognizer import RecognizerModel
from asr.transcript import Transcript

_COLUMNS = ["path", "text"]
_FEED_SECONDS = 0.1


class ManifestError(ValueError):
    """A manifest, or a file it names, that cannot be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """One line: a sound file and what is said in it."""

    line: int
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class AsrReport:
    """`error_rate` is what `metric` names (0 is perfect), `rtf` is decoding time per second of audio."""

    metric: Literal["cer", "wer"]
    error_rate: float
    rtf: float
    n: int
    seconds: float

    def as_dict(self) -> dict[str, float | int]:
        """As `tici eval asr --json` prints it."""
        return {
            self.metric: round(self.error_rate, 4),
            "rtf": round(self.rtf, 4),
            "n": self.n,
            "seconds": round(self.seconds, 2),
        }


def read_manifest(path: Path) -> list[ManifestItem]:
    """Lines of a TSV file with the header `path<TAB>text`; raises `ManifestError`.

    Paths are relative to the manifest's folder.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows or rows[0] != _COLUMNS:
        raise ManifestError(f"{path}, line 1: the header must be `path`, a tab, `text`")
    items = [_item(path, number, row) for number, row in enumerate(rows[1:], start=2) if any(row)]
    if not items:
        raise ManifestError(f"{path}: there is no line after the header")
    return items


def evaluate(
    manifest_path: Path,
    lang: str,
    model: RecognizerModel,
    progress: Callable[[int, int], None] | None = None,
) -> AsrReport:
    """Decodes every file of the manifest; the error rate is `cer` for `zh` and `wer` for other languages.

    `progress` is told (files done, files in all). Raises `ManifestError` for a bad manifest or sound file.
    """
    items = read_manifest(manifest_path)
    pool = RecognizerPool(model)
    pool.warm(1)
    hypotheses: list[str] = []
    audio_seconds = decode_seconds = 0.0
    for item in items:
        samples, rate = _read_audio(manifest_path, item)
        began = time.perf_counter()
        hypotheses.append(transcribe(samples, rate, pool))
        decode_seconds += time.perf_counter() - began
        audio_seconds += len(samples) / rate
        if progress is not None:
            progress(len(hypotheses), len(items))
    pool.close()
    measure = cer if lang == "zh" else wer
    return AsrReport(
        metric="cer" if lang == "zh" else "wer",
        error_rate=measure([item.text for item in items], hypotheses),
        rtf=decode_seconds / max(audio_seconds, 1e-9),
        n=len(items),
        seconds=audio_seconds,
    )


def transcribe(samples: Samples, sample_rate: int, pool: RecognizerPool) -> str:
    """All that is said in `samples`, utterances joined by spaces; decoded as a live leg would be."""
    decoder = LegDecoder("file", sample_rate, pool)
    step = round(sample_rate * _FEED_SECONDS)
    texts: list[str] = []
    for start in range(0, len(samples), step):
        texts += _finals(decoder.feed(samples[start : start + step]))
    return " ".join(texts + _finals(decoder.finish()))


def _finals(transcripts: Iterable[Transcript]) -> list[str]:
    return [transcript.text for transcript in transcripts if transcript.final and transcript.text]


def _item(manifest: Path, number: int, row: list[str]) -> ManifestItem:
    if len(row) != len(_COLUMNS):
        raise ManifestError(f"{manifest}, line {number}: expected a path, a tab and a text, found {len(row)} fields")
    name, text = row[0].strip(), row[1].strip()
    if not name or not text:
        raise ManifestError(f"{manifest}, line {number}: the path or the text is empty")
    return ManifestItem(number, manifest.parent / name, text)


def _read_audio(manifest: Path, item: ManifestItem) -> tuple[Samples, int]:
    where = f"{manifest}, line {item.line}: {item.path}"
    if not item.path.is_file():
        raise ManifestError(f"{where}: no such file")
    try:
        audio, rate = soundfile.read(item.path, dtype="int16", always_2d=True)
        return audio.mean(axis=1).astype(np.int16), check_sample_rate(rate)
    except soundfile.SoundFileError as error:
        raise ManifestError(f"{where}: not a sound file that can be read ({error})") from error
    except AudioError as error:
        raise ManifestError(f"{where}: {error}") from error
