"""From stored values to the clean copy, whichever way they were stored: bounds, order, finiteness, in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from xpert.data.guard import confine
from xpert.data.guard.values import canonical, clean_type
from xpert.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from xpert.data.guard.budget import DiskBudget
    from xpert.data.guard.clean import MatrixWriter
    from xpert.data.guard.facts import Indices, Numbers
    from xpert.data.guard.values import ValueCheck

AT_ONCE = 2**20  # values in one block: about 50 MB with all that is derived from them
_MOST_BUCKETS = 512


class Block(NamedTuple):
    """Consecutive cells from `first` on, by their values; `rows` and `columns` count from 0 in the whole matrix."""

    first: int
    cells: int
    rows: Indices
    columns: Indices
    values: Numbers

    def renumbered(self, places: Indices) -> Block:
        """The same with column `i` at ``places[i]``, and without those whose place is −1."""
        columns = places[self.columns]
        kept = columns >= 0
        return self._replace(rows=self.rows[kept], columns=columns[kept], values=self.values[kept])


@dataclass(slots=True)
class Feed:
    """Carries blocks into the clean copy.

    Attributes
    ----------
    writer
        Receives them.
    check
        Judges each value.
    genes
        Columns of the matrix.
    tell
        Is told how many cells are done.
    cells
        How many cells were written.
    merged
        Entries that shared their place with another and were added to it.
    """

    writer: MatrixWriter
    check: ValueCheck
    genes: int
    tell: Callable[[int], None]
    cells: int = 0
    merged: int = 0

    def take_blocks(self, blocks: Iterable[Block]) -> None:
        """Write consecutive sparse blocks; their columns must have been checked against the matrix's width."""
        for block in blocks:
            self._take(block)
            self._count(block.cells)

    def _take(self, block: Block) -> None:
        rows, columns = block.rows, block.columns
        values = self.check.finite(block.values, lambda at: (int(rows[at]), int(columns[at])))
        kept = self.check.kept(values, lambda at: (int(rows[at]), int(columns[at])))
        if values.dtype.kind != "f":
            values = kept  # whole numbers that fit can be added without overflow
        rows, columns, values, merged = canonical(rows, columns, values, self.genes)
        self.merged += merged
        kept = self.check.kept(values, lambda at: (int(rows[at]), int(columns[at])))
        self.writer.add_entries(block.cells, rows - block.first, columns, kept, values)

    def take_rows(self, pieces: Iterable[Numbers]) -> None:
        """Write consecutive whole cells, each piece of shape ``(cells in it, genes)``."""
        for piece in pieces:
            place = _flat_place(self.cells, self.genes)
            values = self.check.finite(piece, place)
            self.writer.add_rows(self.check.kept(values, place), values)
            self._count(len(piece))

    def _count(self, cells: int) -> None:
        self.cells += cells
        self.tell(self.cells)


def _flat_place(first: int, genes: int) -> Callable[[int], tuple[int, int]]:
    return lambda at: (first + at // genes, at % genes)


def check_columns(columns: Indices, genes: int, where: str) -> None:
    """Refuse an index that names no gene."""
    if not columns.size:
        return
    least, most = int(columns.min()), int(columns.max())
    if least < 0 or most >= genes:
        wrong = least if least < 0 else most
        raise InputError(
            f"{where} points to number {wrong:,} (from 0), but there are {genes:,}: the file is damaged. "
            "Write it again from the data it was made of."
        )


@dataclass(frozen=True)
class Workplace:
    """Where entries that must be re-ordered are laid down in between, and what disk is left."""

    folder: Path
    budget: DiskBudget


class RowSorter:
    """Brings entries that come in any order into the order of their cells, in bounded memory.

    Entries are laid down in files, each for a range of consecutive cells, and each file is read back whole.
    """

    def __init__(
        self, work: Workplace, cells: int, entries: int, dtype: np.dtype[np.generic], check: ValueCheck
    ) -> None:
        count = min(max(-(-entries // (2 * AT_ONCE)), 1), _MOST_BUCKETS, cells)
        self._cells, self._in_each = cells, -(-cells // count)
        self._check, self._budget = check, work.budget
        self._type = np.dtype([("row", "<i4"), ("column", "<i4"), ("value", clean_type(dtype, check.where))])
        count = -(-cells // self._in_each)
        self._files: list[IO[Any]] = [confine.create(work.folder / f"bucket-{i}") for i in range(count)]

    def add(self, block: Block) -> None:
        """Lay down entries whose rows and columns are within the matrix, in any order."""
        rows, columns = block.rows, block.columns
        values = self._check.finite(block.values, lambda at: (int(rows[at]), int(columns[at])))
        entries = np.empty(len(rows), dtype=self._type)
        entries["row"], entries["column"] = rows, columns
        entries["value"] = self._check.kept(values, lambda at: (int(rows[at]), int(columns[at])))
        self._budget.spend(entries.nbytes)
        bucket = (rows // self._in_each).astype(np.int16)  # short, so that they are sorted by counting
        order = np.argsort(bucket, kind="stable")
        ends = np.cumsum(np.bincount(bucket, minlength=len(self._files)))
        for file, part in zip(self._files, np.split(entries[order], ends[:-1]), strict=True):
            file.write(np.ascontiguousarray(part).data)

    def blocks(self) -> Iterator[Block]:
        """Every cell's entries, in the order of cells."""
        for i, file in enumerate(self._files):
            file.seek(0)
            entries = np.frombuffer(file.read(), dtype=self._type)
            file.close()
            first = i * self._in_each
            cells = min(self._in_each, self._cells - first)
            yield Block(first, cells, entries["row"], entries["column"], entries["value"])
