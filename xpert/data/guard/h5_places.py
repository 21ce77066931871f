"""Where the cells of an h5ad file stand on its maps: the first two columns of each table in ``obsm``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np

from xpert.data.guard import h5
from xpert.data.guard.names import check_names
from xpert.data.guard.words import listed

if TYPE_CHECKING:
    from xpert.data.guard.facts import Numbers
    from xpert.data.guard.job import Job

_ROWS_AT_ONCE = 2**17
_LARGEST = 1e30


def read_places(file: h5py.File, cells: int, job: Job) -> None:
    """Copy what can be drawn: no map is worth refusing a file for, so that others are left out with their reason.

    Parameters
    ----------
    file
        Its structure has passed the scan.
    cells
        How many the tables of the file name.
    job
        Receives the maps, the best known ones first.

    Raises
    ------
    InputError
        A map's name is none, or its values cannot be read.
    """
    group = h5.child(file, "obsm", "the file")
    if not isinstance(group, h5py.Group):  # anndata before 0.7 wrote a table of another kind
        return
    names = sorted(group, key=_rank)
    check_names(names, "obsm", longest=job.limits.name)
    left_out = []
    for name in names:
        where = f"obsm/{name}"
        node = h5.child(group, name, "obsm")
        reason = _unfit(node, cells)
        if reason is None and len(job.places) >= job.limits.maps:
            reason = f"{job.limits.maps} others are kept"
        if reason is None:
            values = _first_two(node, where)
            if np.isfinite(values).all() and (np.abs(values) < _LARGEST).all():
                job.add_place(name, values.astype(np.float32))
                continue
            reason = "a value is missing or infinite"
        left_out.append(f"{name} ({reason})")
    if left_out:
        job.hints["obsm_left_out"] = f"maps of the cells that are not drawn: {listed(left_out)}"


def _unfit(node: h5py.Group | h5py.Dataset | None, cells: int) -> str | None:
    """Why a table is no map, or None where it is one."""
    if not isinstance(node, h5py.Dataset):
        return "no plain table of numbers"
    if node.shape is None or len(node.shape) != 2 or node.shape[1] < 2:
        return "not two columns"
    if node.shape[0] != cells:
        return f"{node.shape[0]:,} rows for {cells:,} cells"
    return None if node.dtype.kind in "iuf" else "no numbers"


def _first_two(array: h5py.Dataset, where: str) -> Numbers:
    cells = int(array.shape[0])
    parts = [
        h5.read_numbers(array, where, np.s_[first : first + _ROWS_AT_ONCE, :2]).astype(np.float64)
        for first in range(0, cells, _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.empty((0, 2))


def _rank(name: str) -> tuple[int, str]:
    """Maps that were made to be looked at come before components."""
    known = ("umap", "tsne", "draw_graph", "phate", "spatial", "pca")
    place = next((i for i, word in enumerate(known) if word in name.casefold()), len(known) - 1)
    return place, name
