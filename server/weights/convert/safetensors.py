"""Reading `.safetensors` files without torch: a length, a JSON header, raw little-endian numbers."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Tensors = dict[str, Floats]


class BadTensors(ValueError):
    """A file of tensors is broken or holds other tensors than the converter needs; the message says which."""


def read_tensors(path: Path) -> Tensors:
    """All float32 tensors of a file, memory-mapped and read-only; others are left out. Raises `BadTensors`."""
    try:
        header, start = _header(path)
        content = np.memmap(path, dtype=np.uint8, mode="r", offset=start)
        return {name: _tensor(content, entry) for name, entry in header.items() if entry.get("dtype") == "F32"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise BadTensors(f"{path.name} is not a file of tensors: {error}") from error


def _header(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > path.stat().st_size:
            raise ValueError("its header is cut")
        header: dict[str, Any] = json.loads(stream.read(length))
    return header, 8 + length


def _tensor(content: NDArray[np.uint8], entry: dict[str, Any]) -> Floats:
    first, last = entry["data_offsets"]
    return content[first:last].view("<f4").reshape(entry["shape"])
