"""What each part of decoding a leg costs, in seconds of processor time per second of a leg."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from asr import leg, utterance
from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.repeats import PrintMemory, Prints
from asr.segmenter import Segmenter
from asr.sound import SoundFrames
from asr.voice import VoiceDetector
from asr.vosk_recognizer import VoskModel, VoskRecognizer
from server.replay.audio import CallAudio

FEED_SECONDS = 0.1
PARTS: tuple[tuple[str, object, str], ...] = (
    ("recognition: features, network, search", VoskRecognizer, "accept"),
    ("recognition: final words, their times and confidence", VoskRecognizer, "finish"),
    ("recognition: interims", VoskRecognizer, "interim"),
    ("resampling and noise of the last bit", utterance, "resample_block"),
    ("resampling and noise of the last bit", utterance, "add_noise"),
    ("music, tones and repeated announcements", SoundFrames, "hear"),
    ("music, tones and repeated announcements", SoundFrames, "steadiness"),
    ("music, tones and repeated announcements", Prints, "of"),
    ("music, tones and repeated announcements", PrintMemory, "repeats"),
    ("voice activity and where utterances end", VoiceDetector, "voiced"),
    ("voice activity and where utterances end", leg, "loudness"),
    ("voice activity and where utterances end", Segmenter, "push"),
)
OTHER = "the decoder's own steps"


def measure(calls: Sequence[CallAudio], model: Path, derived: Path) -> dict[str, float]:
    """Decode the calls on one thread, with a clock around each part."""
    pool = RecognizerPool(VoskModel(model, derived))
    pool.warm(1)
    spent: dict[str, float] = defaultdict(float)
    patches = [patch.object(owner, name, _clocked(owner, name, part, spent)) for part, owner, name in PARTS]
    for each in patches:
        each.start()
    began = time.thread_time()
    try:
        seconds = sum(_decode(call, pool) for call in calls)
    finally:
        for each in patches:
            each.stop()
    spent[OTHER] = time.thread_time() - began - sum(spent.values())
    return {part: taken / seconds for part, taken in spent.items()}


def _decode(call: CallAudio, pool: RecognizerPool) -> float:
    step = round(FEED_SECONDS * call.sample_rate)
    for name, track in call.tracks.items():
        decoder = LegDecoder(name, call.sample_rate, pool)
        for start in range(0, len(track), step):
            decoder.feed(track[start : start + step])
        decoder.finish()
    return len(call.tracks) * call.samples / call.sample_rate


def _clocked(owner: Any, name: str, part: str, spent: dict[str, float]) -> Any:
    plain: Callable[..., Any] = getattr(owner, name)

    def clocked(*args: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return plain(*args, **named)
        finally:
            spent[part] += time.thread_time() - began

    return clocked
