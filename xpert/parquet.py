"""Parquet files, read in the thread that asks.

Arrow's own pools of threads may still be running when a short program ends, and then abort it although its work is
done (https://github.com/apache/arrow/issues/34314). Every table here is small, so one thread loses nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a file as Arrow's table.

    Parameters
    ----------
    path
        A file in Parquet's format.
    columns
        The columns to read; all, unless given.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is not in Parquet's format.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=False, pre_buffer=False) as file:
        return file.read(columns=None if columns is None else list(columns), use_threads=False)


def read_frame(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a file as pandas' table; see `read_table`."""
    table: pd.DataFrame = read_table(path, columns).to_pandas(use_threads=False)
    return table
