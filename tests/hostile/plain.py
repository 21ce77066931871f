"""A small sound h5ad file, written with h5py alone, of which each hostile file is a variant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import h5py
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

CELLS, GENES = 6, 4
DENSE = np.array(
    [[1, 0, 2, 0], [0, 3, 0, 0], [0, 0, 0, 4], [5, 0, 0, 6], [0, 7, 8, 0], [9, 0, 0, 0]], dtype=np.float32
)
CELL_NAMES = [f"cell{i}" for i in range(CELLS)]
GENE_NAMES = ["KLF1", "MAP2K6", "TP53", "MYC"]
PERTURBATIONS = ["control", "KLF1", "control", "MYC", "KLF1", "MYC"]
SECRET = "gnarled-otter-4711"


def table(
    parent: h5py.Group, name: str, index: object, columns: dict[str, object] | None = None
) -> h5py.Group:
    """A table as anndata writes it."""
    group = parent.create_group(name)
    columns = columns or {}
    group.attrs["encoding-type"], group.attrs["encoding-version"] = "dataframe", "0.2.0"
    group.attrs["_index"] = "_index"
    group.attrs.create("column-order", list(columns), dtype=h5py.string_dtype())
    group["_index"] = index
    for column, values in columns.items():
        group[column] = values
    return group


def sparse(parent: h5py.Group, name: str = "X", dense: np.ndarray = DENSE, *, by: str = "csr") -> h5py.Group:
    """A compressed matrix as anndata writes it."""
    from scipy.sparse import csc_matrix, csr_matrix

    matrix = (csr_matrix if by == "csr" else csc_matrix)(dense)
    group = parent.create_group(name)
    group.attrs["encoding-type"], group.attrs["encoding-version"] = f"{by}_matrix", "0.1.0"
    group.attrs["shape"] = dense.shape
    for part in ("data", "indices", "indptr"):
        group[part] = getattr(matrix, part)
    return group


def write(path: Path, *, without: tuple[str, ...] = ()) -> h5py.File:
    """Write the sound file and leave it open for spoiling."""
    file = h5py.File(path, "w")
    file.attrs["encoding-type"], file.attrs["encoding-version"] = "anndata", "0.1.0"
    if "X" not in without:
        sparse(file)
    if "obs" not in without:
        table(file, "obs", CELL_NAMES, {"perturbation": PERTURBATIONS, "dose": np.arange(6.0)})
    if "var" not in without:
        table(file, "var", GENE_NAMES)
    file.create_group("uns")
    file.create_group("layers")
    return file


def replace(group: h5py.Group, name: str, values: object) -> None:
    """Put other values in a place."""
    del group[name]
    group[name] = values


def secret(folder: Path) -> Path:
    """Another user's file."""
    path = folder / "other" / "secret.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["secret"] = [SECRET] * CELLS
        file["matrix"] = np.full((CELLS, GENES), 4711.0)
        file.attrs["owner"] = json.dumps({"name": SECRET})
    return path
