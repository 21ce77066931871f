"""Kernel regression in its dual form: one symmetric matrix, solved exactly.

With kernel K over training rows, noise D (a diagonal) and ridge λ, everything follows from the
precision matrix Q = (K + λD)⁻¹: the coefficients Qy, the prediction for rows that are left out
together, and the value of responses that were not measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.errors import XpertError

if TYPE_CHECKING:
    import numpy.typing as npt

    from xpert.data.responses import Floats

    Groups = npt.NDArray[np.integer[Any]]

TOLERANCE = 1e-9
MOST_STEPS = 2000


def precision(kernel: Floats, noise: Floats) -> Floats:
    """Q = (K + diag(noise))⁻¹ by Cholesky, shape ``(rows, rows)``.

    Parameters
    ----------
    kernel
        Symmetric and positive semi-definite, shape ``(rows, rows)``.
    noise
        Positive, shape ``(rows,)``.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the kernel is not positive semi-definite.
    """
    from scipy.linalg import lapack

    matrix = np.array(kernel, dtype=float, order="F")
    matrix[np.diag_indices_from(matrix)] += noise
    factor, failed = lapack.dpotrf(matrix, lower=1, overwrite_a=1)
    inverse, singular = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or singular:
        raise np.linalg.LinAlgError("the kernel is not positive semi-definite")
    full: Floats = np.tril(inverse) + np.tril(inverse, -1).T
    return full


def left_out(q: Floats, observed: Floats, groups: Groups) -> Floats:
    """What each group's rows would have been predicted to be, had the whole group been left out.

    The exact leave-one-group-out prediction without refitting: y − (Q_gg)⁻¹ (Qy)_g, the block form of
    the leave-one-out formula of ridge regression (Allen 1974).

    Parameters
    ----------
    q
        Precision matrix, shape ``(rows, rows)``.
    observed
        Responses without gaps, shape ``(rows, genes)``.
    groups
        Group of each row, shape ``(rows,)``.

    Returns
    -------
    Shape ``(rows, genes)``.
    """
    residual = q @ observed
    order = np.argsort(groups, kind="stable")
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    for size in np.unique(sizes):
        # Groups of one size are solved together, shape ``(groups, size)``.
        rows = order[starts[sizes == size, None] + np.arange(size)]
        own = q[rows[:, :, None], rows[:, None, :]]
        residual[rows] = residual[rows] / own if size == 1 else np.linalg.solve(own, residual[rows])
    return observed - residual


def filled(q: Floats, observed: Floats) -> Floats:
    """Responses with each gap set to what the measured ones predict there.

    A gap that holds its own prediction has no residual, hence no influence: coefficients from the filled
    matrix are exactly those of a fit to the measured responses of each gene alone. It solves
    Q_mm y_m = −Q_mo y_o for all genes at once by conjugate gradients.

    Parameters
    ----------
    q
        Precision matrix, shape ``(rows, rows)``.
    observed
        Responses, NaN where not measured, shape ``(rows, genes)``.

    Raises
    ------
    XpertError
        When the solution does not settle.
    """
    gap = ~np.isfinite(observed)
    known = np.where(gap, 0.0, observed)
    if not gap.any():
        return known
    scale = np.diagonal(q)[:, None]
    values = np.zeros_like(known)
    residual = np.where(gap, -(q @ known), 0.0)
    goal = TOLERANCE * max(float(np.abs(residual).max()), TOLERANCE)
    preconditioned = residual / scale
    direction, power = preconditioned, (residual * preconditioned).sum(axis=0)
    for _ in range(MOST_STEPS):
        if np.abs(residual).max() <= goal:
            return known + values
        image = np.where(gap, q @ direction, 0.0)
        curvature = (direction * image).sum(axis=0)
        step = np.where(curvature > 0, power / np.where(curvature > 0, curvature, 1.0), 0.0)
        values = values + step * direction
        residual = residual - step * image
        preconditioned = residual / scale
        previous, power = power, (residual * preconditioned).sum(axis=0)
        direction = (
            preconditioned
            + np.where(previous > 0, power / np.where(previous > 0, previous, 1.0), 0.0) * direction
        )
    raise XpertError(
        "The values of unmeasured genes did not settle; leave out genes that are rarely measured."
    )
