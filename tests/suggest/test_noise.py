import numpy as np

from kb.text import syllables
from suggest.noise import misheard

TEXT = "请问信用卡的最低还款额是多少，我这个月手头有点紧想分期，ATM 可以还吗"


def test_misheard_texts_sound_alike():
    heard = misheard(TEXT * 5, np.random.default_rng(1), 0.3)
    assert heard != TEXT * 5 and len(heard) == len(TEXT * 5) and "ATM" in heard
    # A character with two sounds may be taken for one of its other sound.
    same = [a == b for a, b in zip(syllables(TEXT * 5), syllables(heard), strict=True)]
    assert sum(same) > 0.9 * len(same)


def test_about_as_many_characters_as_asked_are_wrong():
    heard = misheard(TEXT * 40, np.random.default_rng(2), 0.12)
    wrong = sum(a != b for a, b in zip(TEXT * 40, heard, strict=True)) / len(heard)
    assert 0.06 < wrong < 0.13


def test_the_same_seed_hears_the_same():
    assert misheard(TEXT, np.random.default_rng(3)) == misheard(TEXT, np.random.default_rng(3))


def test_english_stays():
    assert misheard("how do I close my account", np.random.default_rng(0), 1.0) == "how do I close my account"
