"""Predicted cells: control cells moved so that every gene has its predicted mean and spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.data.matrix import dense
from xpert.data.readout import Readout
from xpert.errors import InputError
from xpert.prediction.marginal import ExpressedPart, positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.matrix import Cells
    from xpert.data.responses import Floats
    from xpert.prediction.prediction import Prediction

    Rows = npt.NDArray[np.integer[Any]]

FEWEST_CONTROL_CELLS = 2
MOST_CELLS = 1_000_000
_RARE = 0.2
_NEVER_NEGATIVE = frozenset({Readout.COUNTS, Readout.CP10K, Readout.LOG1P})


@dataclass(frozen=True, eq=False)
class MovedMean:
    """Where a treatment takes every gene.

    Attributes
    ----------
    mean
        Mean of each gene over treated cells, shape ``(genes,)``.
    spread
        Its standard deviation over treated cells, same shape; NaN where it stays that of the control cells.
    readout
        Unit of both.
    """

    mean: Floats
    spread: Floats
    readout: Readout


def sample_cells(
    prediction: Prediction, control_cells: Cells, *, cells: int | None = None, seed: int = 0
) -> Floats:
    """Draw cells that look like the control cells after the predicted shift.

    Control cells are drawn with replacement, and each gene's values are replaced by those at the same
    place of its predicted distribution, so that genes that vary together keep doing so. The mean moves
    by the predicted shift; the standard deviation becomes ``prediction.spread``, or stays the control
    cells' own where the model states none. Where a readout cannot be negative, the share of zeros moves
    with the mean (see `ExpressedPart.moved`). Control, or a treatment of zero strength, gives control
    cells as they are.

    Parameters
    ----------
    prediction
        One treatment in one context.
    control_cells
        Values of ``prediction.genes`` in ``prediction.readout``, shape ``(control cells, genes)``, sparse
        or dense.
    cells
        How many to draw; as many as there are control cells by default.
    seed
        The same seed gives the same cells.

    Returns
    -------
    float32, shape ``(cells, genes)``.

    Raises
    ------
    InputError
        Where the readout is a difference to control, which no cell has, or with fewer than two control cells.
    """
    control = dense(control_cells).astype(np.float64)
    _check(prediction, control)
    if cells is not None and not 1 <= cells <= MOST_CELLS:
        raise InputError(f"Draw from 1 to {MOST_CELLS:,} cells, not {cells:,}.")
    if prediction.treatment.active.is_control:
        return control[_drawn(control, cells, np.random.default_rng(seed))].astype(np.float32)
    to = MovedMean(control.mean(axis=0) + prediction.delta, prediction.spread, prediction.readout)
    return draw_cells(control, to, cells=cells, seed=seed)


def draw_cells(control: Floats, to: MovedMean, *, cells: int | None = None, seed: int = 0) -> Floats:
    """Cells around a mean; the core of `sample_cells`, which says how.

    Parameters
    ----------
    control
        Control cells in the same unit, shape ``(control cells, genes)``.
    to
        Where the genes go.
    cells, seed
        As in `sample_cells`.

    Returns
    -------
    float32, shape ``(cells, genes)``.
    """
    rng = np.random.default_rng(seed)
    rows = _drawn(control, cells, rng)
    spread = np.where(np.isfinite(to.spread), to.spread, control.std(axis=0))
    move = _moved_expression if to.readout in _NEVER_NEGATIVE else _moved_signed
    return move(control, rows, to.mean, spread, rng).astype(np.float32)


def _drawn(control: Floats, cells: int | None, rng: np.random.Generator) -> Rows:
    """Control cells with replacement, as many as there are where no number is given."""
    rows: Rows = rng.integers(len(control), size=len(control) if cells is None else cells)
    return rows


def pseudobulk(predictions: Sequence[Prediction]) -> Floats:
    """Predicted mean of each gene, shape ``(predictions, genes)``.

    Raises
    ------
    InputError
        Where the predictions stand on different genes.
    """
    if len({p.genes for p in predictions}) > 1:
        raise InputError("These predictions stand on different genes; export them one context at a time.")
    return np.array([p.predicted for p in predictions])


def _moved_expression(
    control: Floats, rows: Rows, mean: Floats, spread: Floats, rng: np.random.Generator
) -> Floats:
    """Move values that are never negative, gene by gene."""
    rare = _rare_genes(control)
    shape = _typical_shape(control[:, rare])
    highest = float(control[:, rare].max(initial=0)) or float(control.max()) or np.inf
    moved = np.empty((len(rows), control.shape[1]))
    for gene, column in enumerate(control.T):
        after = ExpressedPart.of(column, shape=shape).moved(float(mean[gene]), float(spread[gene]))
        usual = highest if after.share <= _RARE else float(control.max())
        moved[:, gene] = after.below(max(usual, float(column.max()))).at(positions(column, rows, rng))
    return moved


def _moved_signed(
    control: Floats, rows: Rows, mean: Floats, spread: Floats, rng: np.random.Generator
) -> Floats:
    """Shift and stretch values of either sign; a gene that never varies in control gets normal values."""
    deviation = control.std(axis=0)
    varies = deviation > 0
    noise = rng.standard_normal((len(rows), control.shape[1]))
    standard = (control[rows] - control.mean(axis=0)) / np.where(varies, deviation, 1.0)
    return mean + spread * np.where(varies, standard, noise)


def _rare_genes(control: Floats) -> npt.NDArray[np.intp]:
    """Genes that few control cells express."""
    share = np.count_nonzero(control, axis=0) / len(control)
    return np.flatnonzero((share > 0) & (share <= max(_RARE, share[share > 0].min(initial=1.0))))


def _typical_shape(control: Floats) -> Floats:
    """How values above zero spread around their mean within genes, in rising order, mean 1."""
    relative = [column[column > 0] / column[column > 0].mean() for column in control.T]
    return np.sort(np.concatenate(relative)) if relative else np.ones(1)


def _check(prediction: Prediction, control: Floats) -> None:
    if prediction.readout.is_differential:
        raise InputError(
            f"{prediction.model} predicts {prediction.readout.label}, a difference to control that no single "
            "cell has; there are no cells to draw. Use the gene table."
        )
    if control.shape[1:] != (len(prediction.genes),):
        raise ValueError(f"control_cells has shape {control.shape}, not (cells, {len(prediction.genes)})")
    if len(control) < FEWEST_CONTROL_CELLS:
        raise InputError(
            f"Drawing cells needs at least {FEWEST_CONTROL_CELLS} control cells, not {len(control)}."
        )
    if not np.isfinite(control).all() or (prediction.readout in _NEVER_NEGATIVE and control.min() < 0):
        raise InputError(f"The control cells hold values that {prediction.readout.label} cannot have.")
