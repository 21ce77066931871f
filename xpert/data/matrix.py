"""The two forms in which cells by genes come: a CSR matrix or an array."""

from __future__ import annotations

import mmap
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

# A CSR matrix or an array, shape ``(cells, genes)``; its type checkers cannot follow what both can do.
Cells: TypeAlias = Any


def is_sparse(values: Cells) -> bool:
    """Whether cells are a sparse matrix."""
    return bool(sparse.issparse(values))


def dense(values: Cells) -> npt.NDArray[Any]:
    """Cells as an array."""
    return np.asarray(values.toarray() if is_sparse(values) else values)


def release(values: Cells) -> None:
    """Let go of what a read-only memory map behind these cells has read so far; it is read again where it is used again.

    A pass over a file that is larger than memory would otherwise count as much memory as the file has.
    """
    if not hasattr(mmap, "MADV_DONTNEED"):
        return
    for array in (values.data, values.indices) if is_sparse(values) else (values,):
        owner: Any = array
        while owner is not None and not isinstance(owner, mmap.mmap):
            owner = getattr(owner, "base", None)
        if owner is not None and not array.flags.writeable:
            owner.madvise(mmap.MADV_DONTNEED)
