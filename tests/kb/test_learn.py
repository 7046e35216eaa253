import json
from pathlib import Path

import numpy as np
import pytest

from kb.fusion import PARTS, FusionWeights, WeightsError
from kb.learn import Lesson, learn, learn_checked, led


def invented(count: int, telling: str) -> list[Lesson]:
    """Only one part knows the right hit; the others are noise."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        parts = rng.random((10, len(PARTS)))
        right = int(rng.integers(10))
        parts[right, PARTS.index(telling)] = 1.2
        found.append(Lesson(parts, right))
    return found


def test_the_part_that_tells_gains():
    given = invented(300, "words")
    learned = learn([given], FusionWeights())
    assert learned.words > 5 * learned.dense and led(given, learned) > led(given, FusionWeights())
    assert all(getattr(learned, name) >= 0 for name in PARTS)


def test_with_little_data_little_changes():
    shipped = FusionWeights()
    assert learn([], shipped) == shipped
    learned = learn([invented(3, "words")], shipped)
    assert learned.dense == pytest.approx(shipped.dense, rel=0.3)


def test_what_no_lesson_shows_keeps_its_weight():
    given = [
        Lesson(lesson.parts * [name != "intent" for name in PARTS], lesson.right) for lesson in invented(50, "words")
    ]
    assert learn([given], FusionWeights()).intent == FusionWeights.intent


def test_worse_than_shipped_is_not_taken():
    rng = np.random.default_rng(1)
    noise = [Lesson(rng.random((10, len(PARTS))), int(rng.integers(10))) for _ in range(40)]
    learned = learn_checked(noise, FusionWeights())
    assert learned.after >= learned.before and learned.queries == 40


def test_weights_survive_their_file(tmp_path: Path):
    weights = FusionWeights(dense=0.7, words=0.3)
    weights.save(tmp_path / "w.json")
    assert FusionWeights.load(tmp_path / "w.json") == weights


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"dense": -1}), json.dumps({"dense": "x"})])
def test_a_bad_file_says_what_to_do(tmp_path: Path, content: str):
    (tmp_path / "w.json").write_text(content)
    with pytest.raises(WeightsError, match="tici kb weights"):
        FusionWeights.load(tmp_path / "w.json")
