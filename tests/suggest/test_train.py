import json
from pathlib import Path

import numpy as np
import pytest

from suggest.card import ModelError, read_model
from suggest.classifier import IntentClassifier
from suggest.encoder import OnnxEncoder
from suggest.evaluate import evaluate_intent
from suggest.samples import Sample
from suggest.train import TrainingError, train
from tests.suggest.conftest import OOS, samples

HELD_OUT = {
    "包裹怎么还不送来": "parcel_late",
    "物流没更新了": "parcel_late",
    "把钱退给我": "refund",
    "退款啥时候到": "refund",
    "发票开一张": "invoice",
    "我要电子发票": "invoice",
    "穿多大的码": "size",
    "衣服尺码偏小吗": "size",
    "谢谢啊": "thanks",
}
STRANGE = ["给我讲个笑话", "北京有什么好玩的", "这首歌是谁唱的", "晚饭吃什么好", "火车票几点开售"]


def test_learns_and_tells_the_unknown_apart(classifier: IntentClassifier):
    held_out = [Sample(text=text, intent=intent) for text, intent in HELD_OUT.items()]
    report = evaluate_intent(classifier, held_out, STRANGE)
    assert report.accuracy >= 8 / 9 and report.macro_f1 > 0.8 and report.n == 9
    assert report.auroc is not None and report.auroc > 0.9
    assert report.accept_rate is not None and report.false_accept_rate is not None
    assert report.accept_rate >= 7 / 9 and report.false_accept_rate <= 0.2


def test_result(classifier: IntentClassifier):
    found = classifier.classify("快递怎么还没到")
    assert found.intent == found.nearest_intent == "parcel_late" and found.known
    assert found.distance < 0.01 and found.scores["parcel_late"] > 0.5 and len(found.scores) == 5
    assert 0 < found.confidence <= 1
    assert not classifier.classify("今天天气怎么样").known


def test_vector_in_hand_gives_the_same(classifier: IntentClassifier, encoder: OnnxEncoder):
    assert classifier.classify("退款失败", encoder.encode(["退款失败"])[0]) == classifier.classify("退款失败")


def test_deterministic(model: Path, encoder: OnnxEncoder, tmp_path: Path):
    again = train(samples(), tmp_path / "again", encoder, oos=OOS.split("|"), silent=["thanks"])
    head, card = read_model(model)
    other, _ = read_model(tmp_path / "again")
    assert np.array_equal(head.weight, other.weight) and np.array_equal(head.known_weight, other.known_weight)
    different = {"trained_at", "seconds"}
    assert again.model_dump(exclude=different) == card.model_dump(exclude=different)


def test_card_tells_where_the_model_comes_from(model: Path, encoder: OnnxEncoder):
    card = json.loads((model / "card.json").read_text())
    assert card["labels"] == ["invoice", "parcel_late", "refund", "size", "thanks"] and card["silent"] == ["thanks"]
    assert card["encoder_hash"] == encoder.fingerprint and len(card["data_hash"]) == 16
    assert card["samples"] == 40 and card["oos_texts"] == 10 and card["threshold"] > 0
    assert card["false_accept_rate"] <= 0.2


def test_other_data_gives_another_name(model: Path, encoder: OnnxEncoder, tmp_path: Path):
    card = train(samples()[:-1], tmp_path / "m", encoder)
    assert card.name != read_model(model)[1].name and card.data_hash != read_model(model)[1].data_hash
    assert card.auroc is None and card.false_accept_rate is None and card.accept_rate >= 0.85


def test_two_intents_are_enough(encoder: OnnxEncoder, tmp_path: Path):
    two = [sample for sample in samples() if sample.intent in ("refund", "size")]
    train(two, tmp_path / "two", encoder)
    classifier = IntentClassifier.load(tmp_path / "two", encoder)
    assert classifier.classify("我要退货退款").intent == "refund" and classifier.classify("尺码").intent == "size"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_rare_intents_train(encoder: OnnxEncoder, tmp_path: Path, count: int):
    few = [*samples(), *(Sample(text=f"第{n}次投诉客服态度", intent="complaint") for n in range(count))]
    train(few, tmp_path / "few", encoder)
    assert "complaint" in IntentClassifier.load(tmp_path / "few", encoder).card.labels


def test_too_little_data_is_refused(encoder: OnnxEncoder, tmp_path: Path):
    with pytest.raises(TrainingError, match="at least 2"):
        train([Sample(text="a", intent="one")] * 4, tmp_path / "x", encoder)
    with pytest.raises(TrainingError, match="too few"):
        train([Sample(text="a", intent="one"), Sample(text="b", intent="two")], tmp_path / "x", encoder)
    assert not (tmp_path / "x").exists()


def test_replaces_a_model_but_nothing_else(model: Path, encoder: OnnxEncoder, tmp_path: Path):
    out = tmp_path / "m"
    train(samples(), out, encoder)
    train(samples()[1:], out, encoder)
    assert read_model(out)[1].samples == 39
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]
    precious = tmp_path / "home"
    precious.mkdir()
    (precious / "thesis.txt").write_text("x")
    with pytest.raises(TrainingError, match="other files"):
        train(samples(), precious, encoder)
    assert (precious / "thesis.txt").exists()


def test_unusable_models(model: Path, encoder: OnnxEncoder, tmp_path: Path):
    with pytest.raises(ModelError, match="tici train"):
        IntentClassifier.load(tmp_path, encoder)
    head, card = read_model(model)
    with pytest.raises(ModelError, match="another encoder"):
        IntentClassifier(head, card.model_copy(update={"encoder_hash": "0"}), encoder)
    (tmp_path / "card.json").write_text("{}")
    (tmp_path / "head.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match="cannot be read"):
        IntentClassifier.load(tmp_path, encoder)


def test_progress_is_reported(encoder: OnnxEncoder, tmp_path: Path):
    seen: list[tuple[str, float]] = []
    train(samples(), tmp_path / "m", encoder, progress=lambda step, share: seen.append((step, share)))
    assert {step for step, _ in seen} == {"encode samples", "cross-validate", "done"}
    assert all(0 < share <= 1 for _, share in seen)
