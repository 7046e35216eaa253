"""A BERT encoder as an ONNX graph whose weights are stored as int8.

Every output channel of a matrix, and every word, has its own scale. As `Products.FLOATS` the runtime turns the matrices
into floats once, as it loads them: a quarter of the size on disk, and vectors that hardly differ from the original's
(cosine ≥ 0.998). `Products.INTEGERS` round the activations too: 40% of the time, vectors further off.
Only arithmetic with exact rounding is used, so the file has the same bytes on every machine.
"""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from suggest.bert.onnx_file import Graph, port

Floats = NDArray[np.float32]
Tensors = dict[str, Floats]
"""By the names that `transformers` gives the weights of a `BertModel`."""
EPSILON = 1e-12
LEVELS = 127
"""Stored weights lie in ±127."""
REDUCED_LEVELS = 63
"""With whole products: pairs of larger ones overflow on processors without VNNI, whose sums have 16 bits."""


class Products(Enum):
    """How the served graph multiplies."""

    FLOATS = "floats"
    INTEGERS = "integers"


class _Writer(Graph):
    """A graph whose matrices are written for one way of multiplying."""

    def __init__(self, products: Products) -> None:
        super().__init__("bert")
        self.products = products


def bert(tensors: Tensors, heads: int, products: Products = Products.FLOATS) -> bytes:
    """The ONNX file of a BERT whose layers have so many `heads`; raises KeyError when a tensor is missing.


    Inputs `input_ids` and `attention_mask`, int64, shape (batch, tokens), one segment; output `last_hidden_state`,
    float32, shape (batch, tokens, width).
    """
    graph = _Writer(products)
    width = tensors["embeddings.LayerNorm.bias"].size
    for name, number in (("one", 1.0), ("half", 0.5), ("root", 2.0**0.5)):
        graph.constant(name, np.array(number, np.float32))
    mask = _mask(graph)
    value = _embeddings(graph, tensors)
    layers = len({name.split(".")[2] for name in tensors if name.startswith("encoder.layer.")})
    for prefix in (f"encoder.layer.{index}." for index in range(layers)):
        layer = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        value = _layer(graph, prefix, layer, value, mask, heads)
    graph.rename(value, "last_hidden_state")
    inputs = [port(name, "int64", "batch", "tokens") for name in ("input_ids", "attention_mask")]
    return graph.model(inputs, [port("last_hidden_state", "float32", "batch", "tokens", width)])


def _mask(graph: Graph) -> str:
    """0 where there is a token and -10000 where there is none, shape (batch, 1, 1, tokens)."""
    known = graph.node("Cast", "attention_mask", to=1)
    wide = graph.node("Unsqueeze", known, graph.constant("mask_axes", np.array([1, 2], np.int64)))
    missing = graph.node("Sub", "one", wide)
    return graph.node("Mul", missing, graph.constant("far", np.array(-10000, np.float32)))


def _embeddings(graph: Graph, tensors: Tensors) -> str:
    words, scales = _quantised(tensors["embeddings.word_embeddings.weight"])
    word = graph.node("Gather", graph.constant("words", words), "input_ids")
    scale = graph.node("Gather", graph.constant("word_scales", scales[:, None]), "input_ids")
    value = graph.node("Mul", graph.node("Cast", word, to=1), scale)
    # Every text is one segment, so what segment 0 adds is a part of each position.
    positions = tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
    shape = graph.node("Shape", "input_ids", start=1, end=2)
    start = graph.constant("start", np.array([0], np.int64))
    position = graph.node("Slice", graph.constant("positions", positions), start, shape, start)
    value = graph.node("Add", value, position)
    return _norm(graph, "embeddings.LayerNorm", tensors, "embeddings.LayerNorm", value)


def _layer(graph: _Writer, prefix: str, layer: Tensors, value: str, mask: str, heads: int) -> str:
    attended = _attention(graph, prefix, layer, value, mask, heads)
    attended = _dense(graph, prefix + "attention.output", *_linear(layer, "attention.output.dense"), attended)
    value = graph.node("Add", attended, value)
    value = _norm(graph, prefix + "attention.norm", layer, "attention.output.LayerNorm", value)
    inner = _gelu(graph, _dense(graph, prefix + "inner", *_linear(layer, "intermediate.dense"), value))
    outer = _dense(graph, prefix + "outer", *_linear(layer, "output.dense"), inner)
    return _norm(graph, prefix + "norm", layer, "output.LayerNorm", graph.node("Add", outer, value))


def _attention(graph: _Writer, prefix: str, layer: Tensors, value: str, mask: str, count: int) -> str:
    (query_weight, query_bias), *rest = (_linear(layer, f"attention.self.{name}") for name in ("query", "key", "value"))
    width = query_bias.size
    # Attention divides by the root of a head's width: done once, on the weights of the query.
    root = np.float32(np.sqrt(width / count))
    weight = np.concatenate([query_weight / root, *(item[0] for item in rest)])
    bias = np.concatenate([query_bias / root, *(item[1] for item in rest)])
    joined = _dense(graph, prefix + "attention", weight, bias, value)
    shape = graph.constant(prefix + "heads", np.array([0, 0, 3 * count, width // count], np.int64))
    heads = graph.node("Transpose", graph.node("Reshape", joined, shape), perm=[0, 2, 1, 3])
    query, key, content = graph.nodes("Split", 3, heads, axis=1)
    scores = graph.node("Add", graph.node("MatMul", query, graph.node("Transpose", key, perm=[0, 1, 3, 2])), mask)
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), content)
    flat = graph.constant(prefix + "flat", np.array([0, 0, width], np.int64))
    return graph.node("Reshape", graph.node("Transpose", mixed, perm=[0, 2, 1, 3]), flat)


def _dense(graph: _Writer, name: str, weight: Floats, bias: Floats, value: str) -> str:
    """value @ weight.T + bias; `weight` as torch stores it, shape (out, in)."""
    if graph.products is Products.INTEGERS:
        return _whole_dense(graph, name, weight, bias, value)
    levels, scales = _quantised(weight)
    whole = graph.node("Cast", graph.constant(name + ".weight", levels.T), to=1)
    matrix = graph.node("Mul", whole, graph.constant(name + ".scales", scales))
    return graph.node("Add", graph.node("MatMul", value, matrix), graph.constant(name + ".bias", bias))


def _whole_dense(graph: _Writer, name: str, weight: Floats, bias: Floats, value: str) -> str:
    """The same with a product of integers: the activations are rounded to 8 bits as they come."""
    levels, scales = _quantised(weight, REDUCED_LEVELS)
    rounded, step, zero = graph.nodes("DynamicQuantizeLinear", 3, value)
    product = graph.node("MatMulInteger", rounded, graph.constant(name + ".weight", levels.T), zero)
    steps = graph.node("Mul", graph.constant(name + ".scales", scales), step)
    matrix = graph.node("Mul", graph.node("Cast", product, to=1), steps)
    return graph.node("Add", matrix, graph.constant(name + ".bias", bias))


def _quantised(weight: Floats, most: int = LEVELS) -> tuple[NDArray[np.int8], Floats]:
    """int8 in ±`most` and a scale for each row."""
    largest = np.abs(weight).max(axis=1)
    scales = np.where(largest > 0, largest, np.float32(1)) / np.float32(most)
    return np.rint(weight / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def _linear(layer: Tensors, name: str) -> tuple[Floats, Floats]:
    return layer[name + ".weight"], layer[name + ".bias"]


def _norm(graph: Graph, name: str, tensors: Tensors, source: str, value: str) -> str:
    weight, bias = (graph.constant(f"{name}.{part}", tensors[f"{source}.{part}"]) for part in ("weight", "bias"))
    return graph.node("LayerNormalization", value, weight, bias, axis=-1, epsilon=EPSILON)


def _gelu(graph: Graph, value: str) -> str:
    """x/2 * (1 + erf(x/√2)), in the form that the runtime knows how to join into one step."""
    error = graph.node("Erf", graph.node("Div", value, "root"))
    return graph.node("Mul", graph.node("Mul", value, graph.node("Add", error, "one")), "half")
