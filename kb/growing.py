"""Arrays that grow at their end while readers keep looking at what they were given."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

SLACK = 1.25
"""How much more than needed is reserved when an array has to move."""


class Growing:
    """Rows appended in place. One writer; a view handed out before never changes."""

    def __init__(self, dtype: DTypeLike, width: int | None = None) -> None:
        """`width`: numbers in a row; None for plain numbers."""
        self._shape = () if width is None else (width,)
        self._rows: NDArray[Any] = np.empty((0, *self._shape), dtype)
        self._size = 0

    def __len__(self) -> int:
        """How many rows it holds."""
        return self._size

    @property
    def view(self) -> NDArray[Any]:
        """The rows so far, shape (size,) or (size, width). Not to be written to."""
        return self._rows[: self._size]

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end."""
        size = self._size + len(rows)
        if size > len(self._rows):
            grown = np.empty((int(size * SLACK), *self._shape), self._rows.dtype)
            grown[: self._size] = self.view
            self._rows = grown
        self._rows[self._size : size] = rows
        self._size = size
