import numpy as np
import pytest

from kb.ngrams import Sounds, sound_of
from kb.sound import echo, letters
from kb.text import syllables


def similarity(one: str, other: str) -> float:
    return float(echo(letters(syllables(one)), [letters(syllables(other))])[0])


def test_homophones_sound_the_same():
    assert similarity("后四位", "后思维") == pytest.approx(1)
    assert similarity("主张", "组脏") == pytest.approx(1)


@pytest.mark.parametrize(("one", "confused", "wrong"), [("牛奶", "流奶", "丢奶"), ("开户", "开附", "开布")])
def test_confused_sounds_cost_less_than_wrong_ones(one: str, confused: str, wrong: str):
    assert similarity(one, one) > similarity(one, confused) > similarity(one, wrong)


def test_sounds_are_found_as_they_are_added():
    sounds = Sounds()
    sounds.append([sound_of(syllables("后四位")), sound_of(syllables("年费"))])
    early = sounds.view
    sounds.append([sound_of(syllables("提前还款"))])
    asked = sound_of(syllables("后思维"))
    assert early.scores(asked, np.array([0, 1])) == pytest.approx([1, 0], abs=1e-3)
    assert sounds.view.scores(sound_of(syllables("换款")), np.array([0, 2]))[1] > 0.1
    assert early.scores(sound_of([]), np.array([0])).tolist() == [0]
