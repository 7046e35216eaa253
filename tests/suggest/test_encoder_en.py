"""The English encoder as served, against the original's vectors."""

import json
from pathlib import Path

import numpy as np
import pytest

from suggest.encoder import OnnxEncoder, Vectors

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "encoder_en" / "vectors.jsonl").read_text("utf-8").splitlines()
]
TEXTS = [row["text"] for row in ROWS]


@pytest.fixture(scope="module")
def english(models_dir: Path) -> OnnxEncoder:
    folder = models_dir / "all-minilm-l6-v2"
    if not folder.is_dir():
        pytest.skip("no English encoder: run `tici models fetch` first")
    return OnnxEncoder(folder, cache=0)


@pytest.fixture(scope="module")
def vectors(english: OnnxEncoder) -> Vectors:
    return english.encode(TEXTS)


def test_vectors_are_those_of_the_original(vectors: Vectors):
    original = np.array([row["vector"] for row in ROWS], np.float32)
    assert vectors.dtype == np.float32 and vectors.shape == original.shape == (len(TEXTS), 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    nearness = (vectors * original).sum(axis=1) / np.linalg.norm(original, axis=1)
    assert nearness.min() > 0.997, dict(zip(TEXTS, nearness.round(4), strict=True))


def test_capitals_make_no_difference(english: OnnxEncoder, vectors: Vectors):
    assert np.array_equal(english.encode([text.upper() for text in TEXTS]), vectors)


def test_company_does_not_change_a_vector(english: OnnxEncoder, vectors: Vectors):
    for index, text in enumerate(TEXTS):
        assert np.array_equal(english.encode([text])[0], vectors[index])


def test_padding_is_left_out_of_the_mean(english: OnnxEncoder, vectors: Vectors):
    """The service encodes one text at a time; the model itself is right for a padded batch too."""
    assert np.allclose(english._run([text.lower() for text in TEXTS]), vectors, atol=1e-4)


def test_meaning_is_near(english: OnnxEncoder):
    one, near, far = english.encode(["I lost my card", "my debit card has gone missing", "what's the weather like"])
    assert one @ near > 0.5 > one @ far


def test_long_texts_are_cut_at_256_tokens(english: OnnxEncoder):
    text = "word " * 254
    assert np.array_equal(*english.encode([text, text + "and more"]))
    assert not np.array_equal(*english.encode([text[: 5 * 200], text]))
