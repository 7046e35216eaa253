"""What further training changed in a BERT, small enough to ship: two thin int8 matrices for each of its large ones.

Whole numbers are multiplied exactly and every other step rounds exactly, so an encoder made of the same base and the
same delta has the same bytes on every machine.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suggest.bert.write import Floats, Tensors

LEVELS = 127
LEAST_SIDE = 64
"""Matrices with a shorter side, and vectors, are kept whole, as float16."""
Delta = Mapping[str, NDArray[Any]]
"""By tensor name: `NAME` as float16, or `NAME.left` and `NAME.right`, int8, with `NAME.left_scale` per row and
`NAME.right_scale` per column."""


class BadDelta(ValueError):
    """A file that holds no delta, or one of another base. The message says so."""


def shrink(before: Tensors, after: Tensors, rank: int) -> Delta:
    """The changes from `before` to `after`, each large matrix as the best product of thin ones of so many columns.

    What did not change is left out.
    """
    found: dict[str, NDArray[Any]] = {}
    for name, old in before.items():
        change = np.asarray(after[name] - old, np.float32)
        if not change.any():
            continue
        if change.ndim < 2 or min(change.shape) < LEAST_SIDE:
            found[name] = change.astype(np.float16)
            continue
        left, size, right = np.linalg.svd(change, full_matrices=False)
        root = np.sqrt(size[:rank])
        found |= _levels(f"{name}.left", left[:, :rank] * root, axis=1)
        found |= _levels(f"{name}.right", root[:, None] * right[:rank], axis=0)
    return found


def applied(base: Tensors, delta: Delta) -> Tensors:
    """The tensors with the changes made. Raises `BadDelta` where they do not fit."""
    names = {name.removesuffix(".left") for name in delta if not name.endswith(("_scale", ".right"))}
    if missing := sorted(names - base.keys()):
        raise BadDelta(f"the delta changes {missing[0]}, which the base lacks")
    return {name: tensor + _change(delta, name, tensor) if name in names else tensor for name, tensor in base.items()}


def write_delta(path: Path, delta: Delta) -> None:
    """Write a delta to a file."""
    arrays: dict[str, Any] = {name: delta[name] for name in sorted(delta)}
    np.savez_compressed(path, **arrays)


def read_delta(path: Path) -> Delta:
    """Read a file that `write_delta` wrote. Raises `BadDelta`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError) as error:
        raise BadDelta(f"{path.name} is no delta: {error}") from error


def _levels(name: str, values: Floats, axis: int) -> dict[str, NDArray[Any]]:
    """Values as int8 with a scale for each row (`axis` 1) or column (`axis` 0)."""
    scale = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12) / LEVELS
    return {name: np.rint(values / scale).astype(np.int8), f"{name}_scale": np.asarray(scale, np.float32)}


def _change(delta: Delta, name: str, tensor: Floats) -> Floats:
    try:
        if name in delta:
            change = delta[name].astype(np.float32)
        else:
            product = delta[f"{name}.left"].astype(np.int32) @ delta[f"{name}.right"].astype(np.int32)
            change = product.astype(np.float32) * delta[f"{name}.left_scale"] * delta[f"{name}.right_scale"]
    except KeyError as error:
        raise BadDelta(f"the delta of {name} lacks a part") from error
    if change.shape != tensor.shape:
        raise BadDelta(f"the delta of {name} is of another shape than the base's")
    return np.asarray(change, np.float32)
