import shutil
from pathlib import Path

import numpy as np
import pytest

from suggest.encoder import MissingWeights, OnnxEncoder


def test_rows_are_normalised_and_in_order(encoder: OnnxEncoder):
    texts = ["退款多久到账，我等了很多天了", "发票", "退款多久到账，我等了很多天了"]
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32 and vectors.shape == (3, 512)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[2])
    assert np.array_equal(vectors[1], encoder.encode(["发票"])[0])


def test_company_does_not_change_a_vector(encoder: OnnxEncoder):
    fresh = OnnxEncoder(encoder.folder, cache=0)
    alone = fresh.encode(["退款"])[0]
    assert np.array_equal(fresh.encode(["很长的一句话，说的是完全不同的另外一件事情", "退款"])[1], alone)


def test_capitals_are_not_unknown(encoder: OnnxEncoder):
    assert np.array_equal(*encoder.encode(["APP打不开", "app打不开"]))


def test_meaning_is_near(encoder: OnnxEncoder):
    one, near, far = encoder.encode(["怎么退款", "我想把钱要回来", "今天天气怎么样"])
    assert one @ near > one @ far


def test_no_texts(encoder: OnnxEncoder):
    assert encoder.encode([]).shape == (0, 512)


def test_missing_weights_name_the_command(tmp_path: Path):
    with pytest.raises(MissingWeights, match="tici models fetch"):
        OnnxEncoder(tmp_path)


def test_settings_beside_the_weights(encoder: OnnxEncoder, tmp_path: Path):
    for name in ("model.onnx", "tokenizer.json"):
        shutil.copy(encoder.folder / name, tmp_path / name)
    (tmp_path / "encoder.json").write_text('{"pooling": "mean"}')
    mean = OnnxEncoder(tmp_path)
    assert mean.fingerprint != encoder.fingerprint
    vector = mean.encode(["退款"])[0]
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5 and vector @ encoder.encode(["退款"])[0] < 0.999
    (tmp_path / "encoder.json").write_text('{"poling": "mean"}')
    with pytest.raises(ValueError, match=r"encoder\.json"):
        OnnxEncoder(tmp_path)
