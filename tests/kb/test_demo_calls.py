"""The demo calls are what they say: right format, labelled where the speech is, known articles."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

PACKS = Path(__file__).resolve().parents[2] / "kb" / "packs"
CALLS = {  # and the pack each is in
    "early_repayment": "zh_bank",
    "lost_card": "zh_bank",
    "phishing_and_login": "zh_bank",
    "stolen_wallet": "en_bank",
}
LEGS = ["customer", "agent"]
SAMPLE_RATE = 8000
SILENCE_MARGIN = 0.15  # seconds around a turn that count as neither speech nor silence

pytestmark = pytest.mark.parametrize("name", CALLS)


def folder_of(name: str) -> Path:
    return PACKS / CALLS[name]


def load_script(name: str) -> dict[str, Any]:
    script: dict[str, Any] = json.loads((folder_of(name) / "calls" / f"{name}.json").read_text("utf-8"))
    return script


def leg_path(script: dict[str, Any], leg: str) -> Path:
    return folder_of(script["id"]) / "calls" / str(script["legs"][leg])


def load_leg(script: dict[str, Any], leg: str) -> npt.NDArray[np.float64]:
    samples, _ = soundfile.read(leg_path(script, leg), dtype="float64")
    return np.asarray(samples, np.float64)


def pack_articles(name: str) -> dict[str, dict[str, Any]]:
    lines = (folder_of(name) / "articles.jsonl").read_text("utf-8").splitlines()
    return {row["id"]: row for row in map(json.loads, filter(None, lines))}


def rms(samples: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def span(turn: dict[str, Any], margin: float = 0.0) -> slice:
    first = max(0, round((turn["start"] - margin) * SAMPLE_RATE))
    return slice(first, round((turn["end"] + margin) * SAMPLE_RATE))


def test_script_names_its_call(name: str) -> None:
    script = load_script(name)
    assert script["id"] == name
    assert script["lang"] == tomllib.loads((folder_of(name) / "pack.toml").read_text("utf-8"))["lang"]
    assert script["title_zh"] and script["title_en"]
    assert sorted(script["legs"]) == sorted(LEGS)


@pytest.mark.parametrize("leg", LEGS)
def test_leg_is_8khz_mono_16_bit_flac_of_the_stated_length(name: str, leg: str) -> None:
    script = load_script(name)
    path = leg_path(script, leg)
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_16", 1)
    assert info.samplerate == script["sample_rate"] == SAMPLE_RATE
    assert info.frames == round(script["duration"] * SAMPLE_RATE)
    assert 40 <= script["duration"] <= 90
    assert path.stat().st_size < 500_000


def test_turns_follow_each_other_within_the_call(name: str) -> None:
    script = load_script(name)
    now = 0.0
    for turn in script["turns"]:
        assert turn["leg"] in LEGS
        assert turn["text"]
        assert now < turn["start"] < turn["end"] <= script["duration"]
        assert turn["start"] - now < 4
        now = turn["end"]


def test_customer_asks_at_least_four_questions_with_known_articles(name: str) -> None:
    articles = pack_articles(name)
    questions = [turn for turn in load_script(name)["turns"] if turn["article"]]
    assert len(questions) >= 4
    for turn in questions:
        article = articles[turn["article"]]
        assert turn["leg"] == "customer"
        assert turn["intent"] == article["intent"]
        assert turn["text"] not in [article["title"], *article["questions"]]
        assert turn["article"] not in turn["articles_also_right"]
        assert set(turn["articles_also_right"]) <= articles.keys()


@pytest.mark.parametrize("leg", LEGS)
def test_speech_is_where_the_turns_say(name: str, leg: str) -> None:
    script = load_script(name)
    samples = load_leg(script, leg)
    turns = [turn for turn in script["turns"] if turn["leg"] == leg]
    outside = np.ones(len(samples), bool)
    for turn in turns:
        outside[span(turn, SILENCE_MARGIN)] = False
    silence = rms(samples[outside])
    for turn in turns:
        speech = samples[span(turn)]
        edge = int(0.06 * SAMPLE_RATE)
        assert rms(speech) > 30 * silence
        assert rms(speech[:edge]) > 3 * silence
        assert rms(speech[-edge:]) > 3 * silence


@pytest.mark.parametrize("leg", LEGS)
def test_speech_is_loud_enough_and_not_clipped(name: str, leg: str) -> None:
    samples = load_leg(load_script(name), leg)
    assert 0.1 < np.abs(samples).max() < 0.95


def test_one_call_has_digital_silence_on_the_customer_leg(name: str) -> None:
    samples = load_leg(load_script(name), "customer")
    zeros = float(np.mean(samples == 0.0))
    assert (zeros > 0.4) == (name == "lost_card")
