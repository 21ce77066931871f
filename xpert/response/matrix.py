"""What the tests accept as a matrix: sparse or dense, cells × genes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

if TYPE_CHECKING:
    from xpert.data.responses import Floats

Integers = npt.NDArray[np.integer[Any]]
Matrix = Any  # a scipy sparse matrix or array, or an ndarray


def is_sparse(matrix: Matrix) -> bool:
    """Whether zeros are left out of `matrix`."""
    return bool(sparse.issparse(matrix))


def dense(matrix: Matrix) -> Floats:
    """The same values with every zero written out."""
    return np.asarray(matrix.toarray() if is_sparse(matrix) else matrix)


def stored_values(matrix: Matrix) -> Floats:
    """Every value that is written out."""
    return np.asarray(matrix.data if is_sparse(matrix) else matrix)
