"""The labelled set: recall by kind and what is masked in error."""

import json
from pathlib import Path

import pytest

from server.masking.evaluate import Score, evaluate, read_dialogue

DATA = Path(__file__).parents[2] / "data" / "masking"
GOALS = {"code": 0.99, "bank_card": 0.99, "password": 0.99, "cvv": 0.99, "id_number": 0.97, "phone": 0.97}


def score(name: str) -> Score:
    rows = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return evaluate((read_dialogue(json.loads(row)) for row in rows), interims=True)


@pytest.mark.parametrize("name", ["zh", "zh_test", "en", "en_test"])
def test_goals_are_met(name):
    found = score(name)
    assert {kind: found.recall(kind) for kind in GOALS if found.recall(kind) < GOALS[kind]} == {}
    assert found.false_rate <= 0.01
    assert found.leaked_interims <= 5


def test_a_miss_and_a_false_mask_are_counted():
    row = {
        "id": "x",
        "language": "zh",
        "turns": [
            {"role": "customer", "text": "我叫王五", "secrets": [{"text": "王五", "kind": "code", "keep": ""}]},
            {"role": "customer", "text": "电话13812345678", "secrets": []},
        ],
    }
    found = evaluate([read_dialogue(row)])
    assert (found.secrets["code"], found.hidden["code"], found.false, found.words) == (1, 0, 1, 5)
    assert (found.missed, found.spoilt) == (["x"], ["x"])
