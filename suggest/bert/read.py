"""The weights of an encoder's ONNX file as float tensors, for training to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from suggest.bert.onnx_read import BadGraph, read_graph
from suggest.bert.write import Floats, Tensors

OWN = {"attention.output": "attention.output.dense", "inner": "intermediate.dense", "outer": "output.dense"}
OWN_NORMS = {"attention.norm": "attention.output.LayerNorm", "norm": "output.LayerNorm"}
PARTS = ("query", "key", "value")
OPTIMUM = {
    **{f"attn.{part[0]}_proj": f"attention.self.{part}" for part in PARTS},
    "attn.o_proj": "attention.output.dense",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}
OPTIMUM_NORMS = {
    "attention_output_norm_layernorm": "attention.output.LayerNorm",
    "mlp_output_norm_layernorm": "output.LayerNorm",
}


class UnknownLayout(ValueError):
    """An ONNX file whose weights nobody taught this module to name."""


@dataclass(frozen=True)
class Weights:
    """A BERT: tensors by their `transformers` names, and the heads of each layer."""

    tensors: Tensors
    heads: int

    @property
    def layers(self) -> int:
        """How many layers it has."""
        return len({name.split(".")[2] for name in self.tensors if name.startswith("encoder.layer.")})


def read_weights(path: Path) -> Weights:
    """The weights of `model.onnx` as `suggest.bert.write` or onnxruntime's transformer tools wrote it.

    Raises `UnknownLayout` for any other file.
    """
    try:
        graph = read_graph(path)
        if "words" in graph.constants:
            return _own(graph.constants)
        return Weights(_optimum(graph.constants), graph.numbers["MultiHeadAttention"]["num_heads"])
    except (KeyError, BadGraph) as error:
        raise UnknownLayout(
            f"{path} is no BERT that can be trained on; use the encoders of `tici models fetch`"
        ) from error


def _own(stored: Mapping[str, Any]) -> Weights:
    positions = stored["positions"]
    heads = int(stored["encoder.layer.0.heads"][2]) // 3
    tensors: Tensors = {
        "embeddings.word_embeddings.weight": stored["words"].astype(np.float32) * stored["word_scales"],
        "embeddings.position_embeddings.weight": positions,
        # What segment 0 adds is a part of each position there.
        "embeddings.token_type_embeddings.weight": np.zeros((2, positions.shape[1]), np.float32),
        **_norm(stored, "embeddings.LayerNorm", "embeddings.LayerNorm"),
    }
    for prefix in _layers(stored, "encoder.layer.{}.", "attention.weight"):
        tensors |= _attention(stored, prefix, heads)
        for mine, name in OWN.items():
            tensors[f"{prefix}{name}.weight"] = _scaled(stored, prefix + mine).T
            tensors[f"{prefix}{name}.bias"] = stored[f"{prefix}{mine}.bias"]
        for mine, name in OWN_NORMS.items():
            tensors |= _norm(stored, prefix + mine, prefix + name)
    return Weights(tensors, heads)


def _attention(stored: Mapping[str, Any], prefix: str, heads: int) -> Tensors:
    weight, bias = _scaled(stored, prefix + "attention").T, stored[prefix + "attention.bias"]
    width = weight.shape[1]
    # The file holds the query divided by the root of a head's width.
    factors = (np.float32(np.sqrt(width / heads)), np.float32(1), np.float32(1))
    tensors: Tensors = {}
    for number, (part, factor) in enumerate(zip(PARTS, factors, strict=True)):
        rows = slice(number * width, (number + 1) * width)
        tensors[f"{prefix}attention.self.{part}.weight"] = weight[rows] * factor
        tensors[f"{prefix}attention.self.{part}.bias"] = bias[rows] * factor
    return tensors


def _optimum(stored: Mapping[str, Any]) -> Tensors:
    tensors = {
        f"embeddings.{kind}_embeddings.weight": _levels(stored, f".model.embeddings.{kind}_embeddings.weight")
        for kind in ("word", "position", "token_type")
    }
    tensors |= _norm(stored, "model.layers.-1.embeddings_norm_layernorm", "embeddings.LayerNorm")
    for number, source in enumerate(_layers(stored, "model.layers.{}.", "attn.q_proj.Add.bias")):
        prefix = f"encoder.layer.{number}."
        for theirs, name in OPTIMUM.items():
            tensors[f"{prefix}{name}.weight"] = _levels(stored, f"{source}{theirs}.MatMul.weight").T
            tensors[f"{prefix}{name}.bias"] = stored[f"{source}{theirs}.Add.bias"]
        for theirs, name in OPTIMUM_NORMS.items():
            tensors |= _norm(stored, source + theirs, prefix + name)
    return tensors


def _layers(stored: Mapping[str, Any], pattern: str, sign: str) -> list[str]:
    found: list[str] = []
    while (prefix := pattern.format(len(found))) + sign in stored:
        found.append(prefix)
    return found


def _scaled(stored: Mapping[str, Any], name: str) -> Floats:
    return np.asarray(stored[f"{name}.weight"].astype(np.float32) * stored[f"{name}.scales"], dtype=np.float32)


def _levels(stored: Mapping[str, Any], name: str) -> Floats:
    """What onnxruntime's dynamic quantisation stores: (level - zero point) * scale."""
    level = stored[f"{name}_quantized"].astype(np.float32) - stored[f"{name}_zero_point"].astype(np.float32)
    return np.asarray(level * stored[f"{name}_scale"], dtype=np.float32)


def _norm(stored: Mapping[str, Any], source: str, name: str) -> Tensors:
    return {f"{name}.{part}": stored[f"{source}.{part}"] for part in ("weight", "bias")}
