"""An HDF5 file from its opening to the clean copy: scanned first, then read as what it holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import h5py

from xpert.data.guard import h5, h5ad, tenx_h5
from xpert.data.guard.scan import scan
from xpert.data.guard.words import shown
from xpert.errors import InputError

if TYPE_CHECKING:
    from xpert.data.guard.job import Job

_CACHED_CHUNKS = 64 * 2**20


def open_hdf5(descriptor: int) -> h5py.File:
    """Open an HDF5 file by its descriptor; nothing but its first block is read."""
    try:
        return h5py.File(f"/dev/fd/{descriptor}", "r", locking=False, rdcc_nbytes=_CACHED_CHUNKS)
    except OSError as error:
        raise InputError(
            "The file is no complete HDF5 file: it is damaged or cut off "
            f"({shown(error, width=120)}). Copy or download it again."
        ) from error


def read_hdf5(file: h5py.File, descriptor: int, job: Job) -> None:
    """Scan the file, recognise its kind and copy its matrix."""
    with h5.reading("the file's structure"):
        scan(file, job.limits, os.fstat(descriptor).st_size)
        is_tenx, is_h5ad = tenx_h5.is_tenx(file), h5ad.is_h5ad(file)
    if is_tenx:
        tenx_h5.read_tenx(file, job)
    elif is_h5ad:
        h5ad.read_h5ad(file, job)
    else:
        raise InputError(
            "The file is HDF5, but neither an AnnData file (it has no obs and var) nor a matrix from 10x Genomics. "
            "Write it with adata.write_h5ad(path)."
        )
