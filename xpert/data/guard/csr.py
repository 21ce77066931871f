"""CSR matrices from arrays that are known to be right, without SciPy looking through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from xpert.data.guard.facts import Indices, Numbers


def csr_of(
    shape: tuple[int, int], data: Numbers, indices: Indices, indptr: Indices
) -> sparse.csr_matrix[Any]:
    """A matrix on the arrays as they are, sorted and without duplicates.

    SciPy's constructor would read all indices to choose a type for them, and copy them where it differs; of a
    memory map nothing should be read before it is used.
    """
    empty: Any = (shape[0], shape[1])
    matrix: Any = sparse.csr_matrix(empty, dtype=np.float32)
    matrix.data, matrix.indices, matrix.indptr = data, indices, indptr
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    result: sparse.csr_matrix[Any] = matrix
    return result
