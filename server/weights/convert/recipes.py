"""The ways in which weights are made from other files."""

import json
from collections.abc import Callable
from pathlib import Path

from server.weights.convert.safetensors import BadTensors, read_tensors
from suggest.bert.delta import BadDelta, applied, read_delta
from suggest.bert.read import UnknownLayout, read_weights
from suggest.bert.write import Products, bert

MINILM_HEADS = 12
DELTAS = Path(__file__).parent / "deltas"


def convert(recipe: str, folder: Path) -> None:
    """Make what `recipe` makes from the files in `folder`, beside them.

    Raises `BadTensors` when the files do not hold what the recipe needs, KeyError for a recipe that is not known.
    """
    RECIPES[recipe](folder)


def _sentence_bert(folder: Path) -> None:
    """`model.safetensors` → `model.onnx` (int8) and `encoder.json`: mean of all tokens, 256 tokens at most."""
    try:
        model = bert(read_tensors(folder / "model.safetensors"), MINILM_HEADS)
    except KeyError as error:
        raise BadTensors(f"no tensor is called {error}") from error
    (folder / "model.onnx").write_bytes(model)
    settings = {"pooling": "mean", "max_tokens": 256}
    (folder / "encoder.json").write_text(json.dumps(settings) + "\n", encoding="utf-8", newline="\n")


def _adapted_bge(folder: Path) -> None:
    """`base.onnx` and what adapting it to banks changed → `model.onnx` (int8, whole-number products)."""
    try:
        base = read_weights(folder / "base.onnx")
        model = bert(applied(base.tensors, read_delta(DELTAS / "bge-small-zh.npz")), base.heads, Products.INTEGERS)
    except (BadDelta, UnknownLayout) as error:
        raise BadTensors(str(error)) from error
    (folder / "model.onnx").write_bytes(model)


RECIPES: dict[str, Callable[[Path], None]] = {
    "sentence-bert-int8": _sentence_bert,
    "adapted-bge-int8": _adapted_bge,
}
