"""The labelled set: recall by kind and what is masked in error."""

import json
from pathlib import Path

import pytest

from server.masking.evaluate import Dialogue, Score, evaluate, read_dialogue

DATA = Path(__file__).parents[2] / "data" / "masking"
GOALS = {"code": 0.99, "bank_card": 0.99, "password": 0.99, "cvv": 0.99, "id_number": 0.97, "phone": 0.97}


SETS = ("zh", "zh_test", "en", "en_test", "varied", "varied_2")
LEAKS = {"varied": 15, "varied_2": 15}
"""Interims that may show three characters of a secret, of thousands of prefixes; 5 where a set is not named."""


def dialogues(name: str) -> list[Dialogue]:
    rows = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [read_dialogue(json.loads(row)) for row in rows]


def score(name: str) -> Score:
    return evaluate(dialogues(name), interims=True)


@pytest.mark.parametrize("name", SETS)
def test_goals_are_met(name):
    found = score(name)
    assert {kind: found.recall(kind) for kind in GOALS if found.recall(kind) < GOALS[kind]} == {}
    assert found.false_rate <= 0.01
    assert found.leaked_interims <= LEAKS.get(name, 5)


def test_goals_are_met_over_all_sets():
    every = [dialogue for name in SETS for dialogue in dialogues(name)]
    assert len(every) >= 1300
    found = evaluate(every)
    assert {kind: found.recall(kind) for kind in GOALS if found.recall(kind) < GOALS[kind]} == {}
    assert found.false_rate <= 0.01


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
