"""Columns of a cell table as numbers and codes, whatever type they were stored in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

Codes = npt.NDArray[np.int64]

# How files spell "no value"; -666 is LINCS's code. "none" is missing as a label, though it may name a control.
MISSING = frozenset({"", "nan", "na", "n/a", "<na>", "null", "-666", "-666.0", "?"})
MISSING_CODE = -1


@dataclass(frozen=True, eq=False)
class Factor:
    """A column as codes into its distinct values.

    Attributes
    ----------
    codes
        Index into `values` per cell, -1 where missing, shape ``(cells,)``.
    values
        Distinct values as text, in order of first appearance.
    """

    codes: Codes
    values: tuple[str, ...]

    @property
    def counts(self) -> Codes:
        """Cells per value, shape ``(values,)``."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)).astype(np.int64)

    @property
    def missing(self) -> int:
        """Cells without a value."""
        return int((self.codes < 0).sum())


def factor(column: pd.Series[Any]) -> Factor:
    """Distinct values of a column as text: ``24.0`` becomes ``24``; spaces around a value are dropped."""
    codes, uniques = pd.factorize(column)
    texts = [as_text(value) for value in uniques]
    names: dict[str, int] = {}
    place = np.full(len(texts) + 1, MISSING_CODE, dtype=np.int64)
    for old, text in enumerate(texts):
        if text.casefold() not in MISSING:
            place[old] = names.setdefault(text, len(names))
    return Factor(place[np.asarray(codes)], tuple(names))


def as_text(value: object) -> str:
    """A cell of a table as people would write it."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def combine(columns: Sequence[Codes]) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Distinct rows of several code columns.

    Returns
    -------
    tuple
        Index of each cell's row, shape ``(cells,)``, and the rows in order of first appearance,
        shape ``(rows, columns)``.
    """
    index = np.zeros(len(columns[0]), dtype=np.int64)
    for codes in columns:
        index = index * (int(codes.max(initial=-1)) + 2) + codes + 1
        index = np.asarray(pd.factorize(index)[0], dtype=np.int64)
    first = np.full(int(index.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[index[::-1]] = np.arange(len(index) - 1, -1, -1)
    return index, np.stack([codes[first] for codes in columns], axis=1)


def numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """A column as numbers, NaN where a value is none, shape ``(cells,)``."""
    if pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64)
    plain = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    values = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64)
    return np.where(values == -666, np.nan, values)
