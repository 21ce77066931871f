"""Opening the clean copy: read-only memory maps of files that have no name any more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from xpert.data.guard.csr import csr_of
from xpert.data.guard.facts import Facts
from xpert.parquet import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from scipy import sparse

    from xpert.data.guard.facts import Numbers

    Matrix = sparse.csr_matrix[Any] | Numbers

_LARGEST_META = 16 * 2**20


def read_meta(folder: Path) -> dict[str, Any]:
    """What the reading process says of its copy."""
    path = folder / "meta.json"
    if path.stat().st_size > _LARGEST_META:
        raise ValueError("the description of the clean copy is too long")
    meta: dict[str, Any] = json.loads(path.read_text())
    return meta


def open_matrix(folder: Path, shape: tuple[int, int]) -> Matrix:
    """The matrix as memory maps: nothing is read but the sparse one's index pointer.

    The copy is believed to be what its writer makes, but not its lengths: a wrong one would crash SciPy.
    """
    if (folder / "dense.npy").exists():
        dense = _map(folder / "dense.npy")
        _expect(dense.shape == shape)
        return dense
    data, indices = _map(folder / "data.npy"), _map(folder / "indices.npy")
    pointer = np.load(folder / "indptr.npy", allow_pickle=False)
    _expect(len(data) == len(indices) == pointer[-1] and len(pointer) == shape[0] + 1)
    _expect(pointer[0] == 0 and bool((np.diff(pointer) >= 0).all()) and indices.dtype == pointer.dtype)
    return csr_of(shape, data, indices, pointer)


def _map(path: Path) -> npt.NDArray[Any]:
    """A file's array without the memory map's own class, whose slices are slow."""
    return (
        np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
        if path.stat().st_size > 128
        else np.load(path)
    )


def _expect(is_so: bool) -> None:  # noqa: FBT001
    if not is_so:
        raise ValueError("the clean copy does not fit its description")


def open_places(folder: Path, meta: dict[str, Any]) -> dict[str, npt.NDArray[np.float32]]:
    """Where the cells stand on each map of the file, shape ``(cells, 2)``."""
    found: dict[str, npt.NDArray[np.float32]] = {}
    for number, name in enumerate(meta["places"]):
        place = np.load(folder / f"place-{number}.npy", allow_pickle=False)
        _expect(place.shape == (meta["shape"][0], 2) and place.dtype == np.float32)
        found[str(name)] = place
    return found


def open_facts(folder: Path, meta: dict[str, Any]) -> Facts:
    """The matrix's facts."""
    cells, genes = meta["shape"]
    totals, detected = (
        np.load(folder / f"{part}.npy", allow_pickle=False) for part in ("totals", "detected")
    )
    return Facts(**meta["facts"], size=cells * genes, totals=totals, detected=detected)


def open_columns(path: Path, names: list[str]) -> pd.DataFrame:
    """A table of cells or genes under the names of its rows."""
    table = read_table(path)
    index = pd.Index([str(name) for name in table["0"].to_pylist()], dtype=object)
    columns = {name: _series(table[str(i)], index) for i, name in enumerate(names, start=1)}
    return pd.DataFrame(columns, index=index)


def _series(values: pa.ChunkedArray, index: pd.Index[Any]) -> pd.Series[Any]:
    """A column; whole numbers and flags with missing values keep their type."""
    if values.null_count and (pa.types.is_boolean(values.type) or pa.types.is_integer(values.type)):
        kind: Any = "boolean" if pa.types.is_boolean(values.type) else "Int64"
        return pd.Series(values.to_pandas().array, index=index).astype(kind)
    return pd.Series(values.to_pandas().array, index=index)
