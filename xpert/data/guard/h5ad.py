"""An h5ad file: which matrix of it is meant, and which tables describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np

from xpert.data.guard import h5
from xpert.data.guard.h5_columns import read_columns
from xpert.data.guard.h5_matrix import StoredMatrix, copy_matrix, find_matrix
from xpert.data.guard.h5_places import read_places
from xpert.data.guard.words import listed, shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from xpert.data.guard.columns import Columns
    from xpert.data.guard.job import Job

_MATRICES = {"csr_matrix", "csc_matrix", "csr", "csc", "array"}


def is_h5ad(file: h5py.File) -> bool:
    """Whether the file has the tables of an AnnData object."""
    return "obs" in file or "var" in file or file.attrs.get("encoding-type") == "anndata"


def read_h5ad(file: h5py.File, job: Job) -> None:
    """Copy one matrix of the file with its tables.

    Raises
    ------
    InputError
        Whatever does not fit, with its place and what to do.
    """
    layers = _layers(file)
    layer = _chosen(job.layer, layers)
    obs = read_columns(file, "obs", job.limits, what="cells")
    var, node, where = _genes_and_node(file, layer, job)
    matrix = find_matrix(node, where)
    _check_shape(matrix, obs, var)
    job.hints.update(_hints(file))
    read_places(file, len(obs), job)
    job.write_matrix(matrix, obs, var, lambda feed: copy_matrix(matrix, feed, job.workplace))
    job.finish("h5ad", obs, var, layer=layer, layers=layers)


def _layers(file: h5py.File) -> tuple[str, ...]:
    """The matrices that can be read: ``X``, ``raw``, and each layer."""
    names = ["X"] if _is_matrix(file, "X") else []
    if _is_matrix(file, "raw/X") or _is_matrix(file, "raw.X"):
        names.append("raw")
    layers = h5.child(file, "layers", "the file")
    if isinstance(layers, h5py.Group):
        names += [name for name in layers if name not in names]
    return tuple(names)


def _is_matrix(file: h5py.File, path: str) -> bool:
    node = h5.child(file, path, "the file")
    if node is None:
        return False
    encoding = h5.text_attribute(node, "encoding-type", path) or h5.text_attribute(
        node, "h5sparse_format", path
    )
    return encoding != "null" and (isinstance(node, h5py.Dataset) or encoding is not None)


def _chosen(wanted: str | None, layers: tuple[str, ...]) -> str:
    if wanted is None:
        if "X" in layers:
            return "X"
        if layers:
            raise InputError(
                f"The file has no main matrix X. It holds {listed(list(layers))}: choose one, "
                f"for example with layer={shown(layers[0])}."
            )
        raise InputError("The file holds no expression matrix: no X, no raw and no layers.")
    if wanted not in layers:
        has = f"It has {listed(list(layers))}." if layers else "It has none."
        raise InputError(f"The file has no layer {shown(wanted)}. {has}")
    return wanted


def _genes_and_node(file: h5py.File, layer: str, job: Job) -> tuple[Columns, h5py.Group | h5py.Dataset, str]:
    if layer == "raw" and "raw" in file:
        return read_columns(file["raw"], "var", job.limits, what="genes"), file["raw"]["X"], "raw/X"
    if layer == "raw":  # anndata before 0.7
        return read_columns(file, "raw.var", job.limits, what="genes"), file["raw.X"], "raw.X"
    var = read_columns(file, "var", job.limits, what="genes")
    if layer == "X":
        return var, file["X"], "X"
    return var, file["layers"][layer], f"layers/{layer}"


def _check_shape(matrix: StoredMatrix, obs: Columns, var: Columns) -> None:
    if matrix.shape != (len(obs), len(var)):
        raise InputError(
            f"{matrix.where} is {matrix.shape[0]:,} × {matrix.shape[1]:,}, but obs names {len(obs):,} cells "
            f"and var {len(var):,} genes. Write the file again from an object whose parts fit."
        )


def _hints(file: h5py.File) -> dict[str, str]:
    """What the file says of its own processing."""
    log1p = h5.child(file, "uns/log1p", "the file")
    if log1p is None:
        return {}
    base = h5.child(log1p, "base", "uns/log1p") if isinstance(log1p, h5py.Group) else None
    if isinstance(base, h5py.Dataset) and base.shape == () and base.dtype.kind in "iuf":
        value = float(np.asarray(base[()]))
        return {"log1p": f"uns says that log1p was applied with base {value:g}"}
    return {"log1p": "uns says that log1p was applied with base e"}
