"""Mean and variance of each gene in each group, and Welch's test on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xpert.data.matrix import dense, is_sparse

if TYPE_CHECKING:
    from xpert.data.matrix import Cells
    from xpert.data.responses import Floats

Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and unbiased variance, each of shape ``(groups, genes)``."""

    mean: Floats
    variance: Floats


def moments(matrix: Cells, codes: Integers, sizes: Integers) -> Moments:
    """Summarise every group with one sparse product, whatever the number of groups.

    Parameters
    ----------
    matrix
        Values, shape ``(cells, genes)``, sparse or dense.
    codes
        Group of each cell, shape ``(cells,)``.
    sizes
        Cells in each group, at least 2, shape ``(groups,)``.
    """
    membership: Cells = sparse.csr_matrix(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(len(sizes), len(codes))
    )
    counts = sizes[:, None].astype(np.float64)
    # The mean of the squares minus the square of the mean loses digits where the mean is large, so that
    # dense values are first centred; sparse ones cannot be, and stand near zero by their nature.
    centre = np.zeros(matrix.shape[1])
    values = matrix.astype(np.float64)
    if not is_sparse(matrix):
        centre = values.mean(axis=0)
        values = values - centre
    mean = dense(membership @ values) / counts
    square = dense(membership @ (values.multiply(values) if is_sparse(values) else values**2)) / counts
    variance = np.maximum(square - mean**2, 0.0) * counts / (counts - 1.0)
    return Moments(mean + centre, variance)


def welch(stats: Moments, sizes: Integers) -> tuple[Floats, Floats]:
    """Welch's t and two-sided p of every group against group 0, each of shape ``(groups, genes)``.

    A gene without any variance has t = 0 and p = 1 where the means agree.

    Source: Welch, Biometrika 34 (1947), with the degrees of freedom of Satterthwaite (1946).
    """
    from scipy.special import stdtr

    share = stats.variance / sizes[:, None]
    pooled = share + share[0]
    difference = stats.mean - stats.mean[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(pooled)
        within = share**2 / (sizes[:, None] - 1) + share[0] ** 2 / (sizes[0] - 1)
        p = 2.0 * stdtr(pooled**2 / within, -np.abs(t))
    t = np.where(np.isnan(t), 0.0, t)
    return t, np.where(np.isnan(p), np.where(np.isinf(t), 0.0, 1.0), p)
