"""Writing the clean copy: arrays as ``.npy`` files of known type, whose length is known only at the end."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from xpert.data.guard import confine
from xpert.data.guard.facts import Facts, Indices, Numbers, RunningFacts
from xpert.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from xpert.data.guard.budget import DiskBudget

_HEADER = 128
LARGEST_INT32 = 2**31 - 1


class ArrayWriter:
    """Appends to one ``.npy`` file; the header is written last, when the length is known."""

    def __init__(
        self, path: Path, dtype: npt.DTypeLike, budget: DiskBudget, *, width: int | None = None
    ) -> None:
        self._dtype = np.dtype(dtype)
        self._tail = () if width is None else (width,)
        self._budget = budget
        self._count = 0
        self._file: IO[Any] = confine.create(path)
        self._file.write(b" " * _HEADER)

    def append(self, values: Numbers) -> None:
        """Add values, or rows of the array's width."""
        block = np.ascontiguousarray(values, dtype=self._dtype)
        self._budget.spend(block.nbytes)
        self._file.write(block.data)
        self._count += len(block)

    def close(self) -> None:
        """Write the header and close the file."""
        about = {"descr": self._dtype.str, "fortran_order": False, "shape": (self._count, *self._tail)}
        magic = b"\x93NUMPY\x01\x00" + (_HEADER - 10).to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(magic + repr(about).encode().ljust(_HEADER - 11) + b"\n")
        self._file.close()


class MatrixWriter:
    """Takes blocks of consecutive cells, in order, and writes them with their facts.

    Parameters
    ----------
    folder
        Receives ``data.npy``, ``indices.npy`` and ``indptr.npy``, or ``dense.npy``, and the facts.
    genes
        Columns of the matrix.
    dtype
        float32 or int32.
    entries
        Most values a sparse matrix may hold; decides the type of its indices. None for a dense one.
    """

    def __init__(
        self,
        folder: Path,
        genes: int,
        dtype: npt.DTypeLike,
        budget: DiskBudget,
        *,
        entries: int | None,
    ) -> None:
        self._folder, self._genes, self._budget = folder, genes, budget
        self._facts = RunningFacts()
        self.is_sparse = entries is not None
        if entries is None:
            self._dense = ArrayWriter(folder / "dense.npy", dtype, budget, width=genes)
            return
        # SciPy wants one type for both index arrays, and copies whatever differs.
        self._index = np.dtype(np.int32 if entries <= LARGEST_INT32 else np.int64)
        self._left = entries
        self._data = ArrayWriter(folder / "data.npy", dtype, budget)
        self._indices = ArrayWriter(folder / "indices.npy", self._index, budget)

    def add_rows(self, block: Numbers, facts_of: Numbers) -> None:
        """Add whole cells; `facts_of` holds the same values before they were rounded to the matrix's type."""
        self._facts.add_rows(facts_of)
        self._dense.append(block)

    def add_entries(
        self, cells: int, rows: Indices, columns: Indices, values: Numbers, facts_of: Numbers
    ) -> None:
        """Add `cells` cells by their non-zero values, sorted by cell and gene; `rows` counts from this block."""
        self._facts.add_entries(cells, rows, facts_of)
        self._left -= len(values)
        if self._left < 0:
            raise InputError(
                f"The file holds more than {LARGEST_INT32:,} values that are not 0. Write it as h5ad."
            )
        self._data.append(values)
        self._indices.append(columns)

    def close(self) -> Facts:
        """Finish the files and give the facts."""
        facts = self._facts.finish(self._genes)
        if self.is_sparse:
            pointer = np.concatenate([[0], np.cumsum(facts.detected, dtype=np.int64)])
            write_array(self._folder / "indptr.npy", pointer.astype(self._index), self._budget)
            self._data.close()
            self._indices.close()
        else:
            self._dense.close()
        write_array(self._folder / "totals.npy", facts.totals, self._budget)
        write_array(self._folder / "detected.npy", facts.detected, self._budget)
        return facts


def write_array(path: Path, values: Numbers, budget: DiskBudget, *, width: int | None = None) -> None:
    """Write one whole array; `width` is that of its rows, None for a list."""
    writer = ArrayWriter(path, values.dtype, budget, width=width)
    writer.append(values)
    writer.close()


def write_json(path: Path, content: object) -> None:
    """Write what describes the arrays."""
    with confine.create(path) as file:
        file.write(json.dumps(content, allow_nan=False).encode())
