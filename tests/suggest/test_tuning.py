"""Fine-tuning: needs torch, which `make prepare` installs where a build for CPUs can be had."""

from collections.abc import Callable
from pathlib import Path

import pytest

from suggest.card import read_model
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.train import train
from tests.suggest.conftest import OOS, samples
from tests.suggest.test_train import HELD_OUT, STRANGE

pytest.importorskip("torch")
pytest.importorskip("transformers")


class Interrupted(Exception):
    pass


def tuned(encoder: OnnxEncoder, folder: Path, progress: Callable[[str, float], None] | None = None):
    card = train(samples(), folder, encoder, mode="full", oos=OOS.split("|"), silent=["thanks"], progress=progress)
    return IntentClassifier.load(folder, encoder), card


@pytest.fixture(scope="module")
def whole(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory):
    return tuned(encoder, tmp_path_factory.mktemp("full") / "model")


def test_understands_and_abstains(whole):
    classifier, card = whole
    right = [classifier.classify(text).intent == intent for text, intent in HELD_OUT.items()]
    assert sum(right) >= len(right) - 1
    strange = [classifier.classify(text).confidence for text in STRANGE]
    assert max(strange) < min(classifier.classify(text).confidence for text in HELD_OUT)
    assert card.mode == "full" and card.settings["tuned_share"] > 0


def test_goes_on_where_it_was_interrupted_to_the_same_model(whole, encoder: OnnxEncoder, tmp_path: Path):
    rounds = []

    def interrupt(step: str, share: float) -> None:
        if step.startswith("fine-tune"):
            rounds.append(share)
            if len(rounds) == 6:
                raise Interrupted

    with pytest.raises(Interrupted):
        tuned(encoder, tmp_path / "model", interrupt)
    assert not (tmp_path / "model").exists() and (tmp_path / ".model-training/checkpoint.pt").is_file()
    seen: list[float] = []
    tuned(encoder, tmp_path / "model", lambda step, share: seen.append(share) if step.startswith("fine") else None)
    assert seen[0] > rounds[0]
    again, first = read_model(tmp_path / "model"), whole[0].head
    assert again[1].name == whole[1].name and (again[0].weight == first.weight).all()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
