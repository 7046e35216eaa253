"""Writing ONNX models: the few protobuf messages that a graph needs, in the field order of onnx.proto.

Own code instead of the `onnx` package, which nothing else here needs (31 MB installed) and whose bytes change with its
version; what is written here is the same everywhere, so that the manifest can name its hash.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPSET = 17
TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
"""numpy's names → TensorProto.DataType."""

Attribute = int | float | Sequence[int]


class Graph:
    """A graph under construction. Values are named; every node has one output unless it says otherwise."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._count = 0

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Store an array of a type in `TYPES` under `name`; returns the name."""
        little = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        dims = b"".join(_number(1, size) for size in value.shape)
        kind = _number(2, TYPES[value.dtype.name])
        self._constants.append(dims + kind + _text(8, name) + _bytes(9, little.tobytes()))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """Add a node of the default domain; returns the name of its output."""
        return self.nodes(kind, 1, *inputs, **attributes)[0]

    def nodes(self, kind: str, outputs: int, *inputs: str, **attributes: Attribute) -> list[str]:
        """Add a node with several outputs; returns their names."""
        self._count += 1
        made = [f"{kind}_{self._count}_{number}" for number in range(outputs)]
        message = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in made)
        message += _text(3, f"{kind}_{self._count}") + _text(4, kind)
        message += b"".join(_bytes(5, _attribute(name, value)) for name, value in sorted(attributes.items()))
        self._nodes.append(message)
        return made

    def rename(self, value: str, name: str) -> str:
        """Give a value a name of one's own, as outputs need it."""
        self._nodes.append(_text(1, value) + _text(2, name) + _text(3, name) + _text(4, "Identity"))
        return name

    def model(self, inputs: Iterable[bytes], outputs: Iterable[bytes]) -> bytes:
        """The finished file. `inputs` and `outputs` come from `port`."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, self._name)
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, item) for item in inputs) + b"".join(_bytes(12, item) for item in outputs)
        return _number(1, IR_VERSION) + _text(2, "tici") + _bytes(7, graph) + _bytes(8, _number(2, OPSET))


def port(name: str, dtype: str, *shape: str | int) -> bytes:
    """An input or output; a dimension is a size, or a name where the size is free."""
    sizes = (_number(1, size) if isinstance(size, int) else _text(2, size) for size in shape)
    tensor = _number(1, TYPES[dtype]) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, item) for item in value) + _number(20, 7)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
