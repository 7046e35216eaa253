"""The ways in which weights are made from other files."""

import json
from collections.abc import Callable
from pathlib import Path

from server.weights.convert.bert import bert
from server.weights.convert.safetensors import read_tensors


def convert(recipe: str, folder: Path) -> None:
    """Make what `recipe` makes from the files in `folder`, beside them.

    Raises `BadTensors` when the files do not hold what the recipe needs, KeyError for a recipe that is not known.
    """
    RECIPES[recipe](folder)


def _sentence_bert(folder: Path) -> None:
    """`model.safetensors` → `model.onnx` (int8) and `encoder.json`: mean of all tokens, 256 tokens at most."""
    (folder / "model.onnx").write_bytes(bert(read_tensors(folder / "model.safetensors")))
    settings = {"pooling": "mean", "max_tokens": 256}
    (folder / "encoder.json").write_text(json.dumps(settings) + "\n", encoding="utf-8", newline="\n")


RECIPES: dict[str, Callable[[Path], None]] = {"sentence-bert-int8": _sentence_bert}
