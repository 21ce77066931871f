"""The table that describes cells or genes, as columns that stand in no file any more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xpert.data.guard import confine
from xpert.data.guard.words import listed, shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

ArrowValues: TypeAlias = pa.Array | pa.ChunkedArray


@dataclass(slots=True)
class Columns:
    """Names of cells or genes, and what is known of each.

    Attributes
    ----------
    names
        Text, one per row.
    values
        Arrow array of each column, by its name, in the file's order.
    left_out
        Columns that hold something a table cannot, and what.
    """

    names: pa.ChunkedArray
    values: dict[str, ArrowValues] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)

    def name(self, place: int) -> str:
        """Name of one row."""
        return str(self.names[place].as_py())

    def add(self, name: str, values: ArrowValues, where: str) -> None:
        """Add a column, which must have a value for each row."""
        if len(values) != len(self):
            raise InputError(
                f"Column {shown(name)} of {where} has {len(values):,} values for {len(self):,} rows."
            )
        self.values[name] = values

    def write(self, path: Path) -> list[str]:
        """Write as Parquet, names first, and give the columns' names (in the file they are numbered)."""
        table = pa.table(
            [self.names, *self.values.values()], names=[str(i) for i in range(len(self.values) + 1)]
        )
        with confine.create(path) as file:
            pq.write_table(table, file, compression="none", write_statistics=False)
        return list(self.values)

    def with_unique_names(self) -> tuple[Columns, int]:
        """The same rows under unique names (``-1``, ``-2`` … appended to repeats), and how many were renamed."""
        if pc.count_distinct(self.names).as_py() == len(self):
            return self, 0
        taken = set(self.names.to_pylist())
        seen: dict[str, int] = {}
        unique, renamed = [], 0
        for name in self.names.to_pylist():
            if name not in seen:
                seen[name] = 0
                unique.append(name)
                continue
            candidate = name
            while candidate in taken:
                seen[name] += 1
                candidate = f"{name}-{seen[name]}"
            taken.add(candidate)
            unique.append(candidate)
            renamed += 1
        return Columns(pa.chunked_array([pa.array(unique, pa.string())]), self.values, self.left_out), renamed

    def join(self, other: Columns, where: str) -> int:
        """Add the columns of another table by row name, and give how many rows it does not describe."""
        if both := sorted(self.values.keys() & other.values.keys()):
            raise InputError(f"{where} and the data file both hold the columns {listed(both)}. Rename one.")
        if pc.count_distinct(other.names).as_py() < len(other):
            raise InputError(f"{where} describes a cell twice; each may stand in one row only.")
        place = pc.index_in(self.names, value_set=pc.unique(other.names))
        missing = int(place.null_count)
        if missing == len(self):
            raise InputError(
                f"{where} describes none of the cells: the data file has cells such as "
                f"{listed(self.names[:2].to_pylist())}, the table {listed(other.names[:2].to_pylist())}. "
                "Its first column must hold the same cell names."
            )
        for name, values in other.values.items():
            self.values[name] = pc.take(values, place)
        return missing
