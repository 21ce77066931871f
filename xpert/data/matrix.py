"""The two forms in which cells by genes come: a CSR matrix or an array."""

from __future__ import annotations

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
