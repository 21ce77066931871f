"""Two halves of the cells: how far a measured response agrees with itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.model.metrics import pearson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from scipy.sparse import csr_matrix

    from xpert.data.responses import Floats, Responses

    Matrix = csr_matrix | Floats
    Rows = Sequence[int] | npt.NDArray[np.integer[Any]]


def split_half_pearson(
    expression: Matrix,
    conditions: Sequence[tuple[Rows, str]],
    controls: Mapping[str, Rows],
    *,
    repeats: int = 5,
    seed: int = 0,
) -> Floats:
    """Pearson correlation of a condition's shift in one half of its cells with that in the other.

    The control cells are halved too, so that the two halves share no noise; the mean over several random
    halvings is returned. It is the reliability of half the cells: that of all cells is 2r / (1 + r).

    Parameters
    ----------
    expression
        Dense or sparse matrix, shape ``(cells, genes)``.
    conditions
        Rows of each condition's cells, and the name of its context.
    controls
        Rows of each context's control cells.
    repeats
        Number of halvings.
    seed
        Of the halvings.

    Returns
    -------
    Shape ``(conditions,)``; NaN where a condition or its control has fewer than two cells.
    """
    generator = np.random.default_rng(seed)
    per_halving = []
    for _ in range(repeats):
        first, second = half_shifts(expression, conditions, controls, generator)
        scored = np.isfinite(first).all(axis=1) & np.isfinite(second).all(axis=1)
        values = np.full(len(conditions), np.nan)
        values[scored] = pearson(first[scored], second[scored])
        per_halving.append(values)
    reliability: Floats = np.mean(per_halving, axis=0)
    return reliability


def half_shifts(
    expression: Matrix,
    conditions: Sequence[tuple[Rows, str]],
    controls: Mapping[str, Rows],
    generator: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Shift of every condition in each of two disjoint halves of its cells and of its control's.

    Returns
    -------
    Two arrays of shape ``(conditions, genes)``; NaN where there are fewer than two cells.
    """
    names = list(controls)
    groups = [np.asarray(rows, dtype=np.intp) for rows, _ in conditions]
    groups += [np.asarray(controls[name], dtype=np.intp) for name in names]
    cut = [_cut(rows, generator) for rows in groups]
    where = np.array([len(conditions) + names.index(context) for _, context in conditions], dtype=np.intp)
    halves = []
    for side in (0, 1):
        means = _means(expression, [parts[side] for parts in cut])
        halves.append(means[: len(conditions)] - means[where])
    return halves[0], halves[1]


def half_responses(
    responses: Responses,
    expression: Matrix,
    conditions: Sequence[tuple[Rows, str]],
    controls: Mapping[str, Rows],
    *,
    seed: int = 0,
) -> tuple[Responses, Responses]:
    """The same conditions as two disjoint halves of the cells measured them.

    Parameters
    ----------
    responses
        What all cells measured; conditions with fewer than two cells are left out of the halves.
    expression, conditions, controls
        See `split_half_pearson`; conditions in the order of the responses.
    seed
        Of the halving.
    """
    halves = half_shifts(expression, conditions, controls, np.random.default_rng(seed))
    whole = np.flatnonzero(np.isfinite(halves[0]).all(axis=1) & np.isfinite(halves[1]).all(axis=1))
    kept = responses.take(whole)
    first, second = (replace(kept, delta=half[whole], cells=kept.cells // 2) for half in halves)
    return first, second


def _cut(rows: npt.NDArray[np.intp], generator: np.random.Generator) -> tuple[Rows, Rows]:
    shuffled = generator.permutation(rows)
    return shuffled[: len(rows) // 2], shuffled[len(rows) // 2 :]


def _means(expression: Matrix, groups: Sequence[Rows]) -> Floats:
    """Mean of each group's rows by one product with a matrix of weights; NaN for an empty group."""
    from scipy import sparse

    sizes = np.array([len(rows) for rows in groups])
    flat = np.concatenate([np.asarray(rows, dtype=np.intp) for rows in groups])
    weights = np.repeat(1 / np.maximum(sizes, 1), sizes)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    average = sparse.csr_matrix((weights, flat, indptr), shape=(len(groups), expression.shape[0]))
    product = average @ expression
    dense: Floats = np.asarray(product.toarray() if sparse.issparse(product) else product, dtype=float)
    dense[sizes == 0] = np.nan
    return dense
