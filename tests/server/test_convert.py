"""Making weights from published ones: a tiny BERT, checked against the same arithmetic in numpy."""

import hashlib
import json
import math
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from server.weights import Fetcher, Manifest, WeightsUnavailable
from server.weights.convert import BadTensors, convert
from server.weights.manifest import load_manifest
from tests.conftest import REPOSITORY

HEADS, WIDTH, INNER, WORDS, POSITIONS = 12, 48, 96, 20, 16
Tensors = dict[str, NDArray[np.float32]]
LINEAR = {
    "attention.self.query": (WIDTH, WIDTH),
    "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH),
    "attention.output.dense": (WIDTH, WIDTH),
    "intermediate.dense": (INNER, WIDTH),
    "output.dense": (WIDTH, INNER),
}


def tiny_bert() -> Tensors:
    random = np.random.default_rng(7)
    shapes = {f"embeddings.{name}_embeddings.weight": (count, WIDTH) for name, count in
              (("word", WORDS), ("position", POSITIONS), ("token_type", 2))}  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in ("encoder.layer.0.", "encoder.layer.1."):
        shapes |= {f"{layer}{name}.weight": shape for name, shape in LINEAR.items()}
        shapes |= {f"{layer}{name}.bias": shape[:1] for name, shape in LINEAR.items()}
        norms += [f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"]
    shapes |= {f"{name}.{part}": (WIDTH,) for name in norms for part in ("weight", "bias")}
    return {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def written(tensors: Tensors, path: Path) -> Path:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [end, end + tensor.nbytes]}
        end += tensor.nbytes
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(tensor.tobytes() for tensor in tensors.values()))
    return path


def expected(tensors: Tensors, ids: list[int]) -> NDArray[np.float64]:
    def linear(name: str, value: NDArray[np.float64]) -> NDArray[np.float64]:
        return value @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]

    def norm(name: str, value: NDArray[np.float64]) -> NDArray[np.float64]:
        centred = value - value.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]

    def heads(name: str, value: NDArray[np.float64]) -> NDArray[np.float64]:
        return linear(name, value).reshape(len(ids), HEADS, -1).transpose(1, 0, 2)

    table = {name: tensors[f"embeddings.{name}_embeddings.weight"].astype(np.float64) for name in
             ("word", "position", "token_type")}  # fmt: skip
    value = norm("embeddings.LayerNorm", table["word"][ids] + table["position"][: len(ids)] + table["token_type"][0])
    for layer in ("encoder.layer.0.", "encoder.layer.1."):
        query, key, content = (heads(f"{layer}attention.self.{name}", value) for name in ("query", "key", "value"))
        scores = np.exp(query @ key.transpose(0, 2, 1) / math.sqrt(WIDTH / HEADS))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ content
        mixed = mixed.transpose(1, 0, 2).reshape(len(ids), WIDTH)
        value = norm(f"{layer}attention.output.LayerNorm", linear(f"{layer}attention.output.dense", mixed) + value)
        inner = linear(f"{layer}intermediate.dense", value)
        inner = inner / 2 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        value = norm(f"{layer}output.LayerNorm", linear(f"{layer}output.dense", inner) + value)
    return value


def test_the_model_computes_a_bert(tmp_path: Path) -> None:
    tensors = tiny_bert()
    written(tensors, tmp_path / "model.safetensors")
    convert("sentence-bert-int8", tmp_path)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    short, long = [3, 1, 19], [5, 2, 2, 7, 11, 0]
    ids = np.array([short + [4] * 3, long], np.int64)
    mask = np.array([[1, 1, 1, 0, 0, 0], [1] * 6], np.int64)
    (got,) = session.run(["last_hidden_state"], {"input_ids": ids, "attention_mask": mask})
    for row, wanted in ((got[0][:3], expected(tensors, short)), (got[1], expected(tensors, long))):
        assert np.corrcoef(row.ravel(), wanted.ravel())[0, 1] > 0.9995
    assert json.loads((tmp_path / "encoder.json").read_text()) == {"pooling": "mean", "max_tokens": 256}


@pytest.mark.parametrize("content", [b"", b"short", struct.pack("<Q", 9**9), struct.pack("<Q", 2) + b"[]"])
def test_a_file_that_holds_no_tensors_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(BadTensors, match=r"model\.safetensors is not a file of tensors"):
        convert("sentence-bert-int8", tmp_path)


def test_a_missing_tensor_is_named(tmp_path: Path) -> None:
    tensors = tiny_bert()
    del tensors["encoder.layer.1.output.dense.bias"]
    written(tensors, tmp_path / "model.safetensors")
    with pytest.raises(BadTensors, match=r"output\.dense\.bias"):
        convert("sentence-bert-int8", tmp_path)


def manifest(archive: Path, made: dict[str, bytes]) -> Manifest:
    """A weight of `made` files, to be made from the tensors in an npm-like folder of loose files."""

    def entry(path: str, content: bytes) -> dict[str, Any]:
        return {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    source = {"kind": "npm", "package": "gone", "version": "1", "sha256": "0" * 64}
    weight = {
        "name": "encoder",
        "use": "a test",
        "licence": "MIT",
        "origin": "here",
        "file": [entry(path, content) for path, content in made.items()],
        "conversion": {
            "recipe": "sentence-bert-int8",
            "input": [entry("model.safetensors", archive.read_bytes())],
        },
        "source": [source | {"members": {"model.safetensors": "package/model.safetensors"}}],
    }
    return Manifest.model_validate({"weight": [weight]})


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """An offline folder with what the weight is made from."""
    folder = tmp_path / "loose"
    (folder / "encoder").mkdir(parents=True)
    written(tiny_bert(), folder / "encoder" / "model.safetensors")
    return folder


@pytest.fixture
def made(loose: Path, tmp_path: Path) -> dict[str, bytes]:
    work = tmp_path / "work"
    work.mkdir()
    (work / "model.safetensors").write_bytes((loose / "encoder" / "model.safetensors").read_bytes())
    convert("sentence-bert-int8", work)
    return {name: (work / name).read_bytes() for name in ("model.onnx", "encoder.json")}


def test_fetching_makes_the_weight_and_keeps_nothing_else(tmp_path: Path, loose: Path, made: dict[str, bytes]) -> None:
    wanted = manifest(loose / "encoder" / "model.safetensors", made)
    models = tmp_path / "models"
    assert Fetcher(models, lambda *_: None, loose).fetch(wanted.weight) == ["encoder"]
    assert {path.name: path.read_bytes() for path in (models / "encoder").iterdir()} == made
    assert [path.name for path in models.iterdir()] == ["encoder"]


def test_other_bytes_than_expected_are_refused(tmp_path: Path, loose: Path, made: dict[str, bytes]) -> None:
    wanted = manifest(loose / "encoder" / "model.safetensors", made | {"model.onnx": b"something else"})
    with pytest.raises(WeightsUnavailable, match=r"other bytes than the manifest expects: model\.onnx"):
        Fetcher(tmp_path / "models", lambda *_: None, loose).fetch(wanted.weight)
    assert not (tmp_path / "models" / "encoder").exists()


def test_a_finished_weight_needs_nothing_to_be_made_from(tmp_path: Path, loose: Path, made: dict[str, bytes]) -> None:
    wanted = manifest(loose / "encoder" / "model.safetensors", made)
    (loose / "encoder" / "model.safetensors").unlink()
    with pytest.raises(WeightsUnavailable, match=r"no gone-1\.tgz in"):
        Fetcher(tmp_path / "models", lambda *_: None, loose).fetch(wanted.weight)
    for name, content in made.items():
        (loose / "encoder" / name).write_bytes(content)
    assert Fetcher(tmp_path / "models", lambda *_: None, loose).fetch(wanted.weight) == ["encoder"]


def test_the_chinese_encoder_is_made_to_the_byte(models_dir: Path, tmp_path: Path) -> None:
    """Of the base and of what the repository holds, as the manifest says."""
    (weight,) = load_manifest(REPOSITORY / "models/manifest.toml").select(["bge-small-zh-tici"])
    shutil.copyfile(models_dir / "bge-small-zh-v1.5/model.onnx", tmp_path / "base.onnx")
    convert("adapted-bge-int8", tmp_path)
    wanted = next(file for file in weight.file if file.path == "model.onnx")
    assert hashlib.sha256((tmp_path / "model.onnx").read_bytes()).hexdigest() == wanted.sha256


def test_a_base_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base.onnx").write_bytes(b"no model")
    with pytest.raises(BadTensors):
        convert("adapted-bge-int8", tmp_path)
