"""What the whole matrix says of itself, found in the one pass that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.number[Any]]
Indices = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Facts:
    """Measured over every value of a matrix, also those that a sparse one leaves out.

    Attributes
    ----------
    minimum, maximum
        Over all values.
    is_integer
        Whether every value is a whole number.
    nonzero
        How many values are not 0.
    size
        Cells times genes.
    totals
        Sum of each cell's values, float64, shape ``(cells,)``.
    detected
        Number of each cell's values that are not 0, int32, shape ``(cells,)``.
    """

    minimum: float
    maximum: float
    is_integer: bool
    nonzero: int
    size: int
    totals: npt.NDArray[np.float64]
    detected: npt.NDArray[np.int32]

    @property
    def nonzero_fraction(self) -> float:
        """Share of values that are not 0."""
        return self.nonzero / self.size if self.size else 0.0

    @property
    def has_zero(self) -> bool:
        """Whether any value is 0."""
        return self.nonzero < self.size

    @property
    def has_negative(self) -> bool:
        """Whether any value is below 0."""
        return self.minimum < 0


class RunningFacts:
    """Gathers `Facts` from consecutive blocks of cells."""

    def __init__(self) -> None:
        self._least, self._most = np.inf, -np.inf
        self._is_integer = True
        self._totals: list[npt.NDArray[np.float64]] = []
        self._detected: list[npt.NDArray[np.int32]] = []

    def add_entries(self, cells: int, rows: Indices, values: Numbers) -> None:
        """Take the next `cells` cells by their non-zero `values`; `rows` counts from the first of them."""
        self._totals.append(np.bincount(rows, weights=values, minlength=cells).astype(np.float64))
        self._detected.append(np.bincount(rows, minlength=cells).astype(np.int32))
        self._add(values)

    def add_rows(self, block: Numbers) -> None:
        """Take the next cells whole, shape ``(cells in this block, genes)``."""
        self._totals.append(block.sum(axis=1, dtype=np.float64))
        self._detected.append(np.count_nonzero(block, axis=1).astype(np.int32))
        self._add(block)

    def _add(self, values: Numbers) -> None:
        if not values.size:
            return
        self._least = min(self._least, float(values.min()))
        self._most = max(self._most, float(values.max()))
        if self._is_integer and values.dtype.kind == "f":
            self._is_integer = bool(np.all(values == np.rint(values)))

    def finish(self, genes: int) -> Facts:
        """The facts, once every cell of a matrix with `genes` genes has been added."""
        totals = np.concatenate([np.zeros(0), *self._totals])
        detected = np.concatenate([np.zeros(0, np.int32), *self._detected])
        nonzero, size = int(detected.sum(dtype=np.int64)), len(totals) * genes
        if nonzero < size:
            self._least, self._most = min(self._least, 0.0), max(self._most, 0.0)
        return Facts(self._least, self._most, self._is_integer, nonzero, size, totals, detected)
