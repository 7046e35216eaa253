from pathlib import Path

import numpy as np
import pytest

from suggest.bert.delta import BadDelta, applied, read_delta, shrink, write_delta
from suggest.bert.onnx_file import Graph, port
from suggest.bert.onnx_read import BadGraph, read_graph
from suggest.bert.read import read_weights


def test_reads_what_was_written(tmp_path: Path):
    graph = Graph("small")
    arrays = {"f": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.array([-3, 4], np.int8), "one": np.array(7)}
    for name, array in arrays.items():
        graph.constant(name, array)
    graph.rename(graph.node("Softmax", "f", axis=1), "out")
    path = tmp_path / "m.onnx"
    path.write_bytes(graph.model([port("f", "float32", 2, 3)], [port("out", "float32", 2, 3)]))
    found = read_graph(path)
    assert all(np.array_equal(found.constants[name], array) for name, array in arrays.items())
    assert found.numbers["Softmax"] == {"axis": 1}


def test_reads_the_encoders(models_dir: Path):
    chinese = read_weights(models_dir / "bge-small-zh-v1.5/model.onnx")
    english = read_weights(models_dir / "all-minilm-l6-v2/model.onnx")
    assert (chinese.heads, chinese.layers) == (8, 4) and (english.heads, english.layers) == (12, 6)
    assert chinese.tensors["embeddings.word_embeddings.weight"].shape == (21128, 512)


@pytest.mark.parametrize("content", [b"PK\x03\x04 no model", b"\x3a\xff\xff\xff\xff\x0f", b"\x3a"])
def test_other_files_are_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(BadGraph):
        read_graph(path)


def test_a_delta_brings_a_change_back(tmp_path: Path):
    random = np.random.default_rng(0)
    thin = random.normal(0, 0.1, (96, 4)) @ random.normal(0, 0.1, (4, 80))
    before = {"w": random.normal(0, 1, (96, 80)).astype(np.float32), "b": np.zeros(96, np.float32), "same": np.ones(3)}
    after = {"w": (before["w"] + thin).astype(np.float32), "b": before["b"] + 0.5, "same": before["same"]}
    write_delta(tmp_path / "d.npz", shrink(before, after, 4))
    again = applied(before, read_delta(tmp_path / "d.npz"))
    assert np.abs(again["w"] - after["w"]).max() < 0.02 * np.abs(thin).max() and np.array_equal(again["b"], after["b"])
    assert again["same"] is before["same"]


def test_a_delta_of_another_base_is_refused(tmp_path: Path):
    before = {"w": np.zeros((96, 80), np.float32)}
    delta = shrink(before, {"w": np.ones((96, 80), np.float32)}, 1)
    with pytest.raises(BadDelta, match="lacks"):
        applied({"v": before["w"]}, delta)
    with pytest.raises(BadDelta, match="shape"):
        applied({"w": np.zeros((80, 80), np.float32)}, delta)
    (tmp_path / "d.npz").write_bytes(b"PK")
    with pytest.raises(BadDelta):
        read_delta(tmp_path / "d.npz")
