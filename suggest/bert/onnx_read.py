"""Reading what a graph of an ONNX file stores: the few protobuf messages that hold arrays and attributes.

The counterpart of `suggest.bert.onnx_file`, for the same reason: the `onnx` package is 31 MB that nothing else needs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMPY = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 10: "<f2"}
"""TensorProto.DataType → numpy's names."""
_MODEL_GRAPH, _GRAPH_NODE, _GRAPH_CONSTANT = 7, 1, 5
_NODE_KIND, _NODE_ATTRIBUTE, _ATTRIBUTE_NAME, _ATTRIBUTE_NUMBER = 4, 5, 1, 3
_DIMS, _TYPE, _FLOATS, _SMALL, _NAME, _RAW = 1, 2, 4, 5, 8, 9

Value = int | memoryview


class BadGraph(ValueError):
    """A file that is no ONNX model, or one that stores its arrays in a way that is not read here."""


@dataclass(frozen=True)
class Stored:
    """constants: arrays by name. numbers: the whole-number attributes of nodes, by the kind of node."""

    constants: dict[str, NDArray[Any]]
    numbers: dict[str, dict[str, int]]


def read_graph(path: Path) -> Stored:
    """What the graph of a model stores. Of several nodes of a kind the last one's attributes. Raises `BadGraph`."""
    found = Stored({}, {})
    try:
        for graph in _parts(memoryview(path.read_bytes()), _MODEL_GRAPH):
            for constant in _parts(graph, _GRAPH_CONSTANT):
                name, array = _constant(constant)
                found.constants[name] = array
            for node in _parts(graph, _GRAPH_NODE):
                kind, attributes = _node(node)
                found.numbers[kind] = attributes
    except (IndexError, KeyError, ValueError, UnicodeDecodeError) as error:
        raise BadGraph(f"{path} is no ONNX model that can be read") from error
    return found


def _constant(message: memoryview) -> tuple[str, NDArray[Any]]:
    shape: list[int] = []
    small: list[int] = []
    name, kind, raw = "", 0, memoryview(b"")
    for field, value in _fields(message):
        if field == _DIMS:
            shape += [value] if isinstance(value, int) else _packed(value)
        elif field == _TYPE and isinstance(value, int):
            kind = value
        elif field == _SMALL:
            small += [value] if isinstance(value, int) else _packed(value)
        elif field in (_RAW, _FLOATS) and not isinstance(value, int):
            raw = value
        elif field == _NAME and not isinstance(value, int):
            name = str(value, "utf-8")
    if small:
        # Numbers of up to 32 bits, negative ones as 64-bit two's complement.
        return name, np.array(small, np.uint64).astype(NUMPY[kind]).reshape(shape)
    return name, np.frombuffer(raw, NUMPY[kind]).reshape(shape)


def _node(message: memoryview) -> tuple[str, dict[str, int]]:
    kind = "".join(str(value, "utf-8") for value in _parts(message, _NODE_KIND))
    numbers = {}
    for attribute in _parts(message, _NODE_ATTRIBUTE):
        name = "".join(str(value, "utf-8") for value in _parts(attribute, _ATTRIBUTE_NAME))
        for field, value in _fields(attribute):
            if field == _ATTRIBUTE_NUMBER and isinstance(value, int):
                numbers[name] = value
    return kind, numbers


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for field, value in _fields(message) if field == wanted and not isinstance(value, int))


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    """Field numbers and values: whole numbers, or the bytes of anything else."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            number, place = _varint(message, place)
            yield field, number
            continue
        if wire == 2:
            size, place = _varint(message, place)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if place + size > len(message):
            raise IndexError("the file is cut")
        yield field, message[place : place + size]
        place += size


def _packed(message: memoryview) -> list[int]:
    found, place = [], 0
    while place < len(message):
        number, place = _varint(message, place)
        found.append(number)
    return found


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number, place
        shift += 7
