"""Values of a matrix: their type, and whether each is a number that can be computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpert.data.guard.facts import Indices, Numbers

    Place = Callable[[int], tuple[int, int]]


def clean_type(dtype: np.dtype[np.generic], where: str) -> np.dtype[np.generic]:
    """The type in which values of `dtype` are kept: int32 for whole numbers and flags, float32 for others.

    Raises
    ------
    InputError
        Complex numbers, text and anything else are no expression values.
    """
    if dtype.kind in "iub":
        return np.dtype(np.int32)
    if dtype.kind == "f":
        return np.dtype(np.float32)
    kind = {"c": "complex numbers", "O": "text or objects", "S": "text", "U": "text", "V": "records"}
    raise InputError(
        f"{where} holds {kind.get(dtype.kind, f'values of type {dtype}')}; expression must be plain numbers."
    )


@dataclass(slots=True)
class ValueCheck:
    """Checks blocks of values and remembers the ones that are not finite, with the first one's place.

    Attributes
    ----------
    where
        The matrix, for messages.
    cell, gene
        Name of the cell in a row and of the gene in a column.
    """

    where: str
    cell: Callable[[int], str]
    gene: Callable[[int], str]
    bad: int = 0
    first: str = ""

    def place(self, row: int, column: int) -> str:
        """A value's place in words."""
        return f"cell {shown(self.cell(row))}, gene {shown(self.gene(column))}"

    def finite(self, values: Numbers, place: Place) -> Numbers:
        """The same values in a native type; those that are not finite become 0 and are counted.

        Parameters
        ----------
        values
            Any shape.
        place
            Row and column of a value by its flat index.
        """
        if values.dtype.kind == "b":
            return values.astype(np.int32)
        if values.dtype.kind in "iu":
            return values.astype(values.dtype.newbyteorder("="), copy=False)
        values = values.astype(np.float32 if values.dtype.itemsize <= 4 else np.float64, copy=False)
        is_finite = np.isfinite(values)
        if is_finite.all():
            return values
        bad = np.flatnonzero(~is_finite.ravel())
        if not self.bad:
            self.first = f"{values.flat[bad[0]]} at {self.place(*place(int(bad[0])))}"
        self.bad += len(bad)
        return np.where(is_finite, values, np.zeros((), values.dtype))

    def kept(self, values: Numbers, place: Place) -> Numbers:
        """Finite values in the type they are kept in; one that does not fit is refused with its place."""
        most = float(np.finfo(np.float32).max) if values.dtype.kind == "f" else np.iinfo(np.int32).max
        kept = clean_type(values.dtype, self.where)
        if values.dtype != kept and values.size and (values.max() > most or values.min() < -most):
            at = int(np.flatnonzero(((values > most) | (values < -most)).ravel())[0])
            raise InputError(f"{self.where} holds {values.flat[at]} at {self.place(*place(at))}: too large.")
        return values.astype(kept, copy=False)

    def finish(self, size: int) -> None:
        """Refuse the matrix when any value was not finite."""
        if self.bad:
            raise InputError(
                f"{self.where} holds {self.bad:,} values that are missing or infinite "
                f"({self.bad / max(size, 1):.2%}), the first of them {self.first}. "
                "Replace them, or leave out the cells or genes that hold them."
            )


def canonical(
    rows: Indices, columns: Indices, values: Numbers, genes: int
) -> tuple[Indices, Indices, Numbers, int]:
    """Entries sorted by cell and gene, with those that share a place summed and zeros left out.

    Returns
    -------
    tuple
        Rows, columns, values, and how many entries were merged into another.
    """
    key = rows.astype(np.int64) * genes + columns
    merged = 0
    if (np.diff(key) <= 0).any():
        order = np.argsort(key, kind="stable")
        is_first = np.concatenate([[True], np.diff(key[order]) > 0])
        values, first = values[order], order[is_first]
        merged = len(key) - len(first)
        if merged:
            wide = np.float64 if values.dtype.kind == "f" else np.int64
            values = np.add.reduceat(values.astype(wide), np.flatnonzero(is_first))
        rows, columns = rows[first], columns[first]
    is_kept = values != 0
    if not is_kept.all():
        rows, columns, values = rows[is_kept], columns[is_kept], values[is_kept]
    return rows, columns, values, merged
