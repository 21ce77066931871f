"""The ``.h5`` file that 10x Genomics' Cell Ranger writes, version 3 and the older one by genome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py

from xpert.data.guard import h5
from xpert.data.guard.columns import Columns
from xpert.data.guard.h5_matrix import StoredMatrix, copy_matrix, sparse_matrix
from xpert.data.guard.tenx import choose_features, feature_table
from xpert.data.guard.words import listed
from xpert.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from xpert.data.guard.job import Job


def is_tenx(file: h5py.File) -> bool:
    """Whether any top group looks like a Cell Ranger matrix."""
    return bool(_groups(file))


def _groups(file: h5py.File) -> list[str]:
    return [
        name
        for name in file
        if isinstance(file[name], h5py.Group) and {"barcodes", "indptr"} <= set(file[name])
    ]


def read_tenx(file: h5py.File, job: Job) -> None:
    """Copy the matrix of one feature type, cells as rows."""
    group, where, layer_left = _matrix_group(file, job.layer)
    obs = Columns(_texts(group, "barcodes", where, job, are_names=True))
    table, keep, layer, layers = choose_features(_features(group, where, job), layer_left, job.hints)
    stored = _stored(group, where)
    features = len(keep) if keep is not None else len(table)
    if stored.shape != (len(obs), features):
        raise InputError(
            f"{where} is {stored.shape[1]:,} features × {stored.shape[0]:,} cells, but {features:,} features and "
            f"{len(obs):,} barcodes are named: the file is damaged."
        )
    job.write_matrix(stored, obs, table, lambda feed: copy_matrix(stored, feed, job.workplace, keep=keep))
    job.finish("10x h5", obs, table, layer=layer, layers=layers)


def _matrix_group(file: h5py.File, layer: str | None) -> tuple[h5py.Group, str, str | None]:
    """The group to read, and what is left of the wanted layer once it has named a genome."""
    names = _groups(file)
    if len(names) == 1:
        return file[names[0]], names[0], layer
    if layer in names:
        return file[layer], layer or "", None
    raise InputError(f"The file holds several matrices: {listed(names)}. Choose one as the layer.")


def _stored(group: h5py.Group, where: str) -> StoredMatrix:
    """The matrix as cells × features: it is stored by barcode, so that it is a CSR matrix of cells."""
    shape = h5.child(group, "shape", where)
    if not isinstance(shape, h5py.Dataset) or shape.shape != (2,):
        raise InputError(f"{where} lacks its shape: the file is damaged.")
    features, cells = (int(n) for n in h5.read_numbers(shape, f"{where}/shape"))
    return sparse_matrix(group, where, "csr", [cells, features])


def _features(group: h5py.Group, where: str, job: Job) -> Columns:
    features = h5.child(group, "features", where)
    if isinstance(features, h5py.Group):
        place = f"{where}/features"
        types = _texts(features, "feature_type", place, job) if "feature_type" in features else None
        ids = _texts(features, "id", place, job, are_names=True)
        return feature_table(ids, _texts(features, "name", place, job, are_names=True), types)
    ids = _texts(group, "genes", where, job, are_names=True)
    return feature_table(ids, _texts(group, "gene_names", where, job, are_names=True), None)


def _texts(group: h5py.Group, name: str, where: str, job: Job, *, are_names: bool = False) -> pa.ChunkedArray:
    array = h5.child(group, name, where)
    if not isinstance(array, h5py.Dataset) or not h5.is_text(array):
        raise InputError(f"{where} should hold {name!r} as a list of texts and does not.")
    longest = job.limits.name if are_names else job.limits.label
    return h5.read_strings(array, f"{where}/{name}", longest=longest, are_names=are_names)
