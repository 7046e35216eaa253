"""A server that cannot start says why in one sentence, and what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.node import REPOSITORY


def start(**settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", "from server.cli import main; main()", "serve", "--port", "0"],
        cwd=REPOSITORY,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def sentence(answer: "subprocess.CompletedProcess[str]") -> str:
    """The one line on stderr."""
    assert answer.returncode == 1, answer.stderr
    assert answer.stdout == ""
    assert answer.stderr.startswith("tici: ") and answer.stderr.count("\n") == 1, answer.stderr
    return answer.stderr


def test_models_that_are_missing_are_named(tmp_path: Path) -> None:
    answer = start(TICI_DATA_DIR=str(tmp_path / "data"), TICI_MODELS_DIR=str(tmp_path / "none"))
    assert str(tmp_path / "none") in sentence(answer)


@pytest.mark.parametrize("place", ["data", "data/below"])
def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "data").write_text("")
    answer = start(TICI_DATA_DIR=str(tmp_path / place), TICI_MODELS_DIR=str(tmp_path / "none"))
    assert str(tmp_path / place) in sentence(answer) and "TICI_DATA_DIR" in answer.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("TICI_MAX_CALLS", "-1"), ("TICI_END_SILENCE", "long"), ("TICI_ALLOWED_ORIGINS", "http://a"), ("TICI_PORT", "-1")],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    assert name.removeprefix("TICI_").lower() in sentence(start(**{name: value})).lower()


def test_an_announcement_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "welcome.wav").write_bytes(b"no audio")
    places = {"TICI_DATA_DIR": str(tmp_path / "data"), "TICI_MODELS_DIR": str(tmp_path / "none")}
    assert "welcome.wav" in sentence(start(TICI_PROMPTS_DIR=str(tmp_path), **places))
    assert str(tmp_path / "nowhere") in sentence(start(TICI_PROMPTS_DIR=str(tmp_path / "nowhere"), **places))


def test_a_damaged_model_is_named(tmp_path: Path, models_dir: Path) -> None:
    """One wrong bit in the acoustic model: it would load, and hear nonsense."""
    models = tmp_path / "models"
    shutil.copytree(models_dir / "vosk-small-zh", models / "vosk-small-zh")
    model = models / "vosk-small-zh" / "am" / "final.mdl"
    with model.open("r+b") as file:
        file.seek(model.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    places = {"TICI_DATA_DIR": str(tmp_path / "data"), "TICI_MODELS_DIR": str(models)}
    answer = start(TICI_ASR_LANGUAGES='["zh"]', **places)
    assert "am/final.mdl" in sentence(answer) and "tici models fetch" in answer.stderr


def test_a_connector_that_is_wrong_is_named(tmp_path: Path) -> None:
    file = tmp_path / "connectors.toml"
    file.write_text('[connector.main-line]\ndialect = "twilio"\n')
    said = sentence(start(TICI_DATA_DIR=str(tmp_path / "data"), TICI_CONNECTORS=str(file)))
    assert all(part in said for part in (str(file), "main-line", "legs"))
