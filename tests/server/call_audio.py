"""What customers say in the demo calls, and what they hear, cut to pieces for scripted calls: 8 kHz, int16."""

import numpy as np
import soundfile

from tests.asr.music import MUSIC, line
from tests.server.node import REPOSITORY

RATE = 8000
PACKS = REPOSITORY / "kb" / "packs"


def spoken(call: str, start: float, end: float, pack: str = "zh_bank") -> np.ndarray:
    """What the customer of a demo call says in that time."""
    samples, rate = soundfile.read(PACKS / pack / "calls" / f"{call}.customer.flac", dtype="int16")
    assert rate == RATE
    return np.asarray(samples[round(start * RATE) : round(end * RATE)])


def early_fee() -> np.ndarray:
    return spoken("early_repayment", 27.6, 31.6)


def money_safe() -> np.ndarray:
    return spoken("lost_card", 24.2, 28.5)


def new_card_fee() -> np.ndarray:
    return spoken("lost_card", 36.4, 42.9)


def hold_music(length: float, kind: str = "piano") -> np.ndarray:
    return np.asarray(line(MUSIC[kind](length, 1), rate=RATE), dtype=np.int16)


def track(length: float, *parts: tuple[float, np.ndarray]) -> np.ndarray:
    """Silence of `length` seconds with sounds at their seconds."""
    made = np.zeros(round(length * RATE), np.int16)
    for start, part in parts:
        made[round(start * RATE) :][: len(part)] = part
    return made
