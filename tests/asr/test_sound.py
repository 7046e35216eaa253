"""Music, tones and announcements are told from people, with synthesised music and recorded speech."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr import audio
from asr.leg import LegDecoder
from asr.pool import RecognizerPool
from asr.prompts import PromptError, read_prompts
from asr.repeats import MEMORY, PrintMemory
from asr.sound import is_music
from tests.asr import music
from tests.asr.fakes import FakeModel
from tests.asr.signals import decode, silence

DATA = Path(__file__).parents[1] / "data"
CALLS = sorted((Path(__file__).parents[2] / "kb" / "packs").glob("*/calls/*.flac"))


@pytest.fixture(scope="module")
def pool():
    return RecognizerPool(FakeModel())


def spoken(language: str, count: int, rate: int = 8000) -> np.ndarray:
    parts = [soundfile.read(file, dtype="int16") for file in sorted((DATA / f"asr_{language}").glob("*.flac"))[:count]]
    if len(parts) < count:
        pytest.skip("recorded speech is missing")
    sound = np.concatenate([part for speech, _ in parts for part in (speech, silence(8000, 0.8))])
    return sound if rate == 8000 else np.repeat(sound, rate // 8000)


def judged(pool, sound, rate=8000, memory=None) -> list[tuple[str, float]]:
    """What each utterance of a leg is, and its length in seconds."""
    heard = decode(pool, sound, rate, 1600, memory=memory)
    return [(t.sound, t.end - t.start) for t in heard if t.final and t.text]


def share(finals, sound) -> float:
    return sum(length for name, length in finals if name == sound) / sum(length for _, length in finals)


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("kind", music.MUSIC)
def test_hold_music_is_music(pool, kind, rate):
    finals = judged(pool, music.line(music.MUSIC[kind](12, seed=7), rate=rate), rate)
    assert share(finals, "music") > 0.9


@pytest.mark.parametrize("kind", ["ring_back", "ring_back_us", "busy"])
def test_signalling_tones_are_music(pool, kind):
    finals = judged(pool, music.line(music.TONES[kind](14, seed=0)))
    assert finals
    assert {name for name, _ in finals} == {"music"}


@pytest.mark.parametrize(("language", "rate"), [("zh", 8000), ("en", 8000), ("zh", 16000)])
def test_speech_is_speech(pool, language, rate):
    finals = judged(pool, spoken(language, 12, rate), rate)
    assert len(finals) >= 12
    assert {name for name, _ in finals} == {"speech"}


def mixed(speech: np.ndarray, behind: np.ndarray, decibels: float) -> np.ndarray:
    """`speech` with something quieter by so much behind it."""
    speech, behind = speech.astype(float), np.resize(behind, len(speech)).astype(float)
    loud = np.sqrt(np.mean(speech[np.abs(speech) > 200] ** 2))
    return (speech + behind * loud / behind.std() * 10 ** (-decibels / 20)).clip(-32000, 32000).astype(np.int16)


def test_speech_in_noise_is_speech(pool):
    speech = spoken("zh", 8)
    noise = np.random.default_rng(0).normal(size=len(speech))
    assert {name for name, _ in judged(pool, mixed(speech, noise, 10))} == {"speech"}
    babble = sum(np.roll(speech.astype(float), shift) for shift in (31000, 77000, 99000))
    assert {name for name, _ in judged(pool, mixed(speech, babble, 8))} == {"speech"}


def test_speech_with_music_behind_it_is_speech(pool):
    speech = spoken("zh", 1)[:-6400]
    behind = music.line(music.guitar(len(speech) / 8000, 0))
    assert {name for name, _ in judged(pool, mixed(speech, behind, 15))} == {"speech"}


def test_a_short_hum_is_speech():
    assert not is_music(0.78, 0.4)
    assert not is_music(0.78, 1.4)


def test_words_that_were_surely_heard_are_speech_unless_the_music_is_certain():
    assert is_music(0.55, 4.0, [0.5, 0.6, 0.95])
    assert not is_music(0.55, 4.0, [0.95, 0.97, 1.0])
    assert is_music(0.8, 4.0, [0.95, 0.97, 1.0])


def test_interims_of_music_say_so_and_those_of_speech_never_do(pool):
    heard = decode(pool, music.line(music.strings(8, 1)), 8000, 160)
    late = [t for t in heard if not t.final and t.end_sample / 8000 - t.start > 1.9]
    assert late
    assert {t.sound for t in late} == {"music"}
    heard = decode(pool, spoken("zh", 4), 8000, 160)
    assert {t.sound for t in heard} == {"speech"}


def test_music_does_not_hide_the_agent_who_comes_back(pool):
    leg = np.concatenate([music.line(music.piano(8, 2)), silence(8000, 0.7), spoken("zh", 2)])
    sounds = [name for name, _ in judged(pool, leg)]
    assert sounds[0] == "music"
    assert sounds[-2:] == ["speech", "speech"]


def again(sound: np.ndarray) -> np.ndarray:
    """The same recording played again: another start, another level, coded anew."""
    return audio.decode(audio.encode((sound * 0.8).astype(np.int16), "mulaw"), "mulaw")[37:]


@pytest.mark.parametrize("sentences", [1, 4])
def test_an_announcement_that_comes_again_is_a_prompt(pool, sentences):
    announcement, person = spoken("zh", sentences), spoken("zh", 8)[len(spoken("zh", 5)) :]
    leg = np.concatenate([announcement, silence(8000, 6.1), again(announcement), person])
    sounds = [name for name, _ in judged(pool, leg)]
    assert sounds[:sentences] == ["speech"] * sentences
    assert sounds[sentences : 2 * sentences] == ["prompt"] * sentences
    assert sounds[2 * sentences :] == ["speech"] * (len(sounds) - 2 * sentences)


def test_the_same_recording_in_two_calls_is_no_prompt(pool):
    speech = spoken("zh", 3)
    assert judged(pool, speech) == judged(pool, speech)
    assert {name for name, _ in judged(pool, speech)} == {"speech"}


@pytest.mark.parametrize("call", CALLS, ids=lambda path: path.stem)
def test_no_one_in_the_demo_calls_is_taken_for_music_or_a_prompt(pool, call):
    leg, rate = soundfile.read(call, dtype="int16")
    assert {name for name, _ in judged(pool, leg, rate)} == {"speech"}


def test_decoding_again_with_the_legs_memory_gives_the_same(pool):
    announcement = spoken("zh", 3)
    leg, memory = np.concatenate([announcement, silence(8000, 4), announcement]), PrintMemory()
    finals = [t for t in decode(pool, leg, 8000, 800, memory=memory) if t.final]
    start = finals[-3].end_sample
    once_more = decode(pool, leg[start:], 8000, 800, start_sample=start, memory=memory)
    assert [t for t in once_more if t.final] == finals[-2:]
    assert "prompt" in {t.sound for t in finals[-2:]}


def test_a_known_prompt_is_recognised_the_first_time(pool, tmp_path):
    announcement = spoken("en", 4)
    soundfile.write(tmp_path / "welcome.wav", announcement, 8000)
    known = read_prompts(tmp_path)
    leg = np.concatenate([again(announcement), spoken("zh", 3)])
    sounds = [name for name, _ in judged(pool, leg, memory=PrintMemory(known))]
    assert sounds == ["prompt"] * (len(sounds) - 3) + ["speech"] * 3


def test_prompts_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(PromptError, match="nowhere"):
        read_prompts(tmp_path / "nowhere")
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(PromptError, match="broken"):
        read_prompts(tmp_path)


def test_a_legs_memory_stays_bounded(pool):
    memory = PrintMemory()
    decoder = LegDecoder("customer", 8000, pool, memory=memory)
    for _ in range(4):
        decoder.feed(spoken("zh", 2))
        decoder.feed(silence(8000, 110))
    assert len(memory._heard) <= MEMORY
