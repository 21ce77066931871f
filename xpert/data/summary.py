"""Mean, variance and count per condition, in one pass over chunks of the file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from xpert.data.matrix import dense, is_sparse
from xpert.data.responses import Condition, Context, Responses
from xpert.errors import InputError
from xpert.perturbation import CONTROL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.matrix import Cells
    from xpert.data.readout import Readout

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ConditionSummary:
    """What the cells of each condition have in common.

    Attributes
    ----------
    readout
        Unit of the values.
    genes
        Length ``genes``.
    conditions
        Every group of cells, controls among them, length ``conditions``.
    mean
        Mean over cells, float64, shape ``(conditions, genes)``.
    variance
        Variance over cells with Bessel's correction, NaN for a single cell, shape ``(conditions, genes)``.
    cells
        Number of cells, shape ``(conditions,)``.
    """

    readout: Readout
    genes: tuple[str, ...]
    conditions: tuple[Condition, ...]
    mean: Doubles
    variance: Doubles
    cells: npt.NDArray[np.int64]

    @cached_property
    def place(self) -> Mapping[Condition, int]:
        """Row of each condition."""
        return {condition: row for row, condition in enumerate(self.conditions)}


def summarise(dataset: PerturbationDataset, cells: int) -> ConditionSummary:
    """Mean, variance and count of every group, read some cells at a time.

    Sums are kept in float64 of values less their overall level (see `_Sums`), so that variance does not
    cancel where a gene's mean is far above its spread.
    """
    sums = _Sums.empty(len(dataset.groups), len(dataset.genes))
    for place, values in dataset.chunks(cells):
        sums.add(dataset.group_codes[place], values)
    mean, variance = sums.moments()
    return ConditionSummary(
        dataset.readout, dataset.genes, dataset.groups, mean, variance, sums.cells.astype(np.int64)
    )


@dataclass(eq=False)
class _Sums:
    """Running sums per group of values less a shift per gene, and of their squares.

    The shift is the mean of the first dense chunk, and zero for sparse data, whose values lie near zero.
    """

    total: Doubles
    squares: Doubles
    cells: Doubles
    shift: Doubles | None = None

    @classmethod
    def empty(cls, groups: int, genes: int) -> _Sums:
        return cls(np.zeros((groups, genes)), np.zeros((groups, genes)), np.zeros(groups))

    def add(self, codes: npt.NDArray[np.int64], values: Cells) -> None:
        """Add some cells; those with a code below zero are passed over."""
        used = codes >= 0
        if not used.all():
            codes, values = codes[used], values[used]
        present, local = np.unique(codes, return_inverse=True)
        if not len(present):
            return
        member = _membership(local, len(present))
        self.cells[present] += np.bincount(local, minlength=len(present))
        if is_sparse(values):
            squared = values.copy()
            squared.data = np.square(values.data, dtype=np.float64)
            self.total[present] += dense(member @ values)
            self.squares[present] += dense(member @ squared)
            return
        values = np.asarray(values, dtype=np.float64)
        if self.shift is None:
            self.shift = values.mean(axis=0)
        values = values - self.shift
        self.total[present] += member @ values
        self.squares[present] += member @ np.square(values)

    def moments(self) -> tuple[Doubles, Doubles]:
        """Mean and variance, each of shape ``(groups, genes)``."""
        count = self.cells[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = self.total / count
            variance = (self.squares - self.total * mean) / np.where(count > 1, count - 1, np.nan)
        shift = 0.0 if self.shift is None else self.shift
        return mean + shift, np.maximum(variance, 0)


def _membership(local: npt.NDArray[np.intp], groups: int) -> sparse.csr_matrix:
    """Which cell belongs to which group, as ones, shape ``(groups, cells)``."""
    cells = len(local)
    return sparse.csr_matrix((np.ones(cells), (local, np.arange(cells))), shape=(groups, cells))


def context_of(dataset: PerturbationDataset, name: str) -> Context:
    """The control cells of one context, read alone."""
    rows = dataset.control_rows(name)
    if not len(rows):
        raise InputError(_no_control(dataset, [name]))
    sums = _Sums.empty(1, len(dataset.genes))
    for start in range(0, len(rows), 5_000):
        block = rows[start : start + 5_000]
        sums.add(np.zeros(len(block), dtype=np.int64), dataset.expression(block))
    mean, variance = sums.moments()
    return _context(dataset, name, mean[0], variance[0], len(rows))


def responses_of(
    summary: ConditionSummary, dataset: PerturbationDataset, contexts: Sequence[str], minimum_cells: int
) -> Responses:
    """Mean of each condition less the mean of its context's control cells.

    Where the readout is already a difference to control, control is zero and needs no cells.
    """
    place = summary.place
    found = [name for name in contexts if Condition(name, CONTROL) in place]
    missing = [name for name in contexts if name not in found]
    if missing and not dataset.readout.is_differential:
        raise InputError(_no_control(dataset, missing))
    control = {name: _control(summary, dataset, name) for name in contexts}
    rows = [
        place[condition]
        for condition in dataset.conditions
        if condition.context in control and summary.cells[place[condition]] >= minimum_cells
    ]
    conditions = tuple(summary.conditions[row] for row in rows)
    base = np.array([control[c.context].control for c in conditions]).reshape(len(rows), len(summary.genes))
    return Responses(
        readout=summary.readout,
        genes=summary.genes,
        contexts=tuple(control.values()),
        conditions=conditions,
        delta=(summary.mean[rows] - base).astype(np.float32),
        spread=np.sqrt(summary.variance[rows]).astype(np.float32),
        cells=summary.cells[rows],
    )


def _control(summary: ConditionSummary, dataset: PerturbationDataset, name: str) -> Context:
    row = summary.place.get(Condition(name, CONTROL))
    genes = len(summary.genes)
    if dataset.readout.is_differential:
        spread = summary.variance[row] if row is not None else np.full(genes, np.nan)
        return _context(
            dataset, name, np.zeros(genes), spread, int(summary.cells[row]) if row is not None else 0
        )
    assert row is not None
    return _context(dataset, name, summary.mean[row], summary.variance[row], int(summary.cells[row]))


def _context(
    dataset: PerturbationDataset, name: str, mean: Doubles, variance: Doubles, cells: int
) -> Context:
    return Context(
        name=name,
        genes=dataset.genes,
        control=mean,
        spread=np.sqrt(variance),
        cells=cells,
        covariates=dataset.covariates(name),
    )


def _no_control(dataset: PerturbationDataset, contexts: Sequence[str]) -> str:
    return (
        f"{dataset.table.name} has no control cells in: {', '.join(contexts)}. A shift needs control cells of "
        "the same context; name their label (--map control=LABEL), or map fewer context columns."
    )
