"""A recording and the transcript's times are the same seconds: where words are told, there is a voice."""

import asyncio
import json

import numpy as np
import soundfile

from server.recordings import recording_path
from tests.server.clients import Socket, listen, start_message
from tests.server.node import REPOSITORY, Node

RATE = 8000
STEP = 0.01
WIDEST = 100
"""Steps by which the two are moved against each other."""


def loudness(samples: np.ndarray) -> np.ndarray:
    """Of each hundredth of a second, relative to the loudest tenth."""
    frames = samples[: len(samples) // 80 * 80].astype(float).reshape(-1, 80)
    level = np.sqrt((frames**2).mean(axis=1))
    return np.minimum(level / np.quantile(level, 0.9), 1.0)


def spoken(words: list[dict[str, float]], offset: float, steps: int) -> np.ndarray:
    """1 where the transcript says that a word is being said."""
    mask = np.zeros(steps)
    for word in words:
        mask[round((word["start"] - offset) / STEP) : round((word["end"] - offset) / STEP)] = 1
    return mask


def lag(voice: np.ndarray, mask: np.ndarray) -> float:
    """Seconds by which the voice comes after the words, where the two fit best."""
    voice, mask = voice - voice.mean(), mask - mask.mean()
    fits = {shift: float(np.dot(np.roll(mask, shift), voice)) for shift in range(-WIDEST, WIDEST + 1)}
    return max(fits, key=lambda shift: fits[shift]) * STEP


async def play(socket: Socket, samples: np.ndarray) -> None:
    for start in range(0, len(samples), 1600):
        await socket.connection.send(samples[start : start + 1600].tobytes())
    await socket.send(type="stop")
    await socket.until_type("ended", 90)


async def test_words_lie_where_the_voice_is(node: Node) -> None:
    clips = ["01_high.flac", "04_low.flac", "07_high.flac", "10_low.flac"]
    parts = [np.zeros(RATE, np.int16)]
    for clip in clips:
        samples, _ = soundfile.read(REPOSITORY / "tests" / "data" / "asr_zh" / clip, dtype="int16")
        parts += [samples, np.zeros(round(0.9 * RATE), np.int16)]
    said = np.concatenate(parts)
    name = str(start_message()["external_id"])
    async with listen(node) as first, listen(node) as second:
        await first.send(**start_message(external_id=name))
        started = await first.until_type("started")
        await asyncio.sleep(0.5)
        legs = [{"leg": "agent", "role": "agent"}]
        await second.send(**start_message(external_id=name, legs=legs, resume_token=started["resume_token"]))
        await second.until_type("started")
        await asyncio.gather(play(first, said), play(second, said[RATE // 3 :]))
    conversation_id = str(started["conversation_id"])
    rows = node.rows("select payload from event where conversation_id = ? order by seq", conversation_id)
    payloads = [json.loads(str(row[0])) for row in rows]
    offsets = {p["leg"]: p["offset"] for p in payloads if p["type"] == "leg.started"}
    assert offsets["agent"] > 0.3
    for leg, offset in offsets.items():
        kept, _ = soundfile.read(recording_path(node.data_dir, conversation_id, leg), dtype="int16")
        words = [w for p in payloads if p["type"] == "utterance" and p["leg"] == leg for w in p["words"]]
        assert len(words) > 10
        voice = loudness(np.asarray(kept))
        assert abs(lag(voice, spoken(words, offset, len(voice)))) <= 0.05
