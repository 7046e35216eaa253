"""The arithmetic and the tables of `tests.bench.quality`."""

import numpy as np
import pytest

from tests.bench.quality.alike import Repeat, frame, nearest_pair, repeats
from tests.bench.quality.metrics import (
    Figures,
    Said,
    difference,
    expected_calibration_error,
    figures,
    folds,
    ranks,
    recall,
)
from tests.bench.quality.public import strangers
from tests.bench.quality.report import Section, page
from tests.bench.quality.tables import intent_table, share, table


def test_calibration_error_is_the_gap_between_confidence_and_rightness():
    sure = np.full(10, 0.9)
    assert expected_calibration_error(sure, np.arange(10) < 9) == pytest.approx(0.0, abs=1e-9)
    assert expected_calibration_error(sure, np.arange(10) < 5) == pytest.approx(0.4)
    # Two bins, weighted by their texts: too sure in one, not sure enough in the other, which must not cancel out.
    mixed = np.r_[np.full(6, 1.0), np.full(4, 0.5)]
    assert expected_calibration_error(mixed, np.r_[np.zeros(6), np.ones(4)] > 0) == pytest.approx(0.6 * 1.0 + 0.4 * 0.5)


def test_folds_hold_every_row_out_once_and_spread_labels_evenly():
    labels = ["a"] * 10 + ["b"] * 15
    held = folds(labels, 5, seed=3)
    assert sorted(np.concatenate(held).tolist()) == list(range(25))
    assert all([labels[n] for n in rows].count("a") == 2 and len(rows) == 5 for rows in held)
    assert all(np.array_equal(a, b) for a, b in zip(held, folds(labels, 5, seed=3), strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(held, folds(labels, 5, seed=4), strict=True))


def test_every_intent_is_a_stranger_in_one_fold():
    intents = [f"i{n}" for n in range(77)]
    out = [strangers(intents, fold, 0) for fold in range(5)]
    assert sorted(name for part in out for name in part) == sorted(intents)


def test_figures_of_known_and_unknown_texts():
    known = Said(("a", "b", "b"), np.array([0.9, 0.8, 0.3]), np.array([1.0, 1.0, 1.0]), np.array([True, True, False]))
    unknown = Said(("a", "a"), np.array([0.1, 0.5]), np.array([1.0, 1.0]), np.array([False, True]))
    found = figures(["a", "b", "a"], known, unknown)
    assert found.accuracy == pytest.approx(2 / 3) and found.ece == pytest.approx(1 / 3)
    assert found.auroc == pytest.approx(5 / 6)
    assert (found.accept, found.false_accept) == (pytest.approx(2 / 3), 0.5)
    assert figures(["a"], Said(("a",), np.array([1.0]))) == Figures(1.0, 1.0)


def test_a_tie_counts_as_not_found_first():
    places = ranks(np.array([[0.9, 0.1, 0.2], [0.0, 0.0, 0.0], [0.3, 0.5, 0.1]]), [0, 1, 0])
    assert places.tolist() == [1, 3, 2]
    assert recall(places, 1) == pytest.approx(1 / 3) and recall([0, 1, 4], 3) == pytest.approx(1 / 3)


def test_difference_is_of_the_same_texts():
    change, low, high = difference([True] * 10, [True] * 8 + [False] * 2, seed=0)
    assert change == pytest.approx(-20) and low <= -20 <= high <= 0
    assert difference([True, False], [True, False], seed=0) == (0, 0, 0)


def test_tables_are_markdown():
    assert table(["a", "b"], [["1", "x|y"]]) == ["| a | b |", "|---|---|", "| 1 | x\\|y |", ""]
    with pytest.raises(ValueError, match="1 cells"):
        table(["a", "b"], [["1"]])
    assert (share(0.9349), share(None)) == ("93.5", "-")
    lines = intent_table({"one": [Figures(0.9, 0.8)], "two": [Figures(0.5, 0.4, 0.75), Figures(0.7, 0.6, 0.85)]})
    assert lines[0].startswith("| method | folds | accuracy %")
    assert lines[2] == "| one | 1 | 90.0 | 80.0 | - | - | - | - |"
    assert lines[3].startswith("| two | 2 | 60.0 (50.0 to 70.0) | 50.0 (40.0 to 60.0) | 0.800 (0.750 to 0.850) |")


def test_the_page_says_what_was_not_measured(tmp_path):
    Section("One", ["figures"], "today").write(tmp_path / "one.json")
    sections = [Section.read(tmp_path / f"{name.lower()}.json", name) for name in ("One", "Two")]
    text = page(sections, quick=False)
    assert "## One\n\nfigures\n\n<sub>today</sub>" in text and "## Two\n\nNot measured." in text
    assert "quick run" not in text and "quick run" in page(sections, quick=True)


def test_frames_and_near_texts_are_found():
    common = {"how", "do", "i", "a"}
    assert frame(["how", "do", "i", "block", "a", "card"], common) == "how do i _ a _"
    assert frame(["block", "my", "card", "how"], common) == ""
    found = repeats(["x", "x", "x", "x", "y"], ["how do", "how do", "", "i", "i"])
    assert found == [Repeat("x", "how do", 2, 0.5), Repeat("y", "", 0, 0.0)]
    assert nearest_pair(["abcd", "xyz", "abce"]) == (0.5, 0, "abcd", "abce")
    assert nearest_pair(["abcd", "xyz"], ["xyz", "k"]) == (1.0, 1, "xyz", "xyz")
