"""Whether batch and perturbation go together, so that one cannot be told from the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from xpert.data.columns import factor
from xpert.data.problem import Problem, listed

if TYPE_CHECKING:
    from xpert.data.dataset import PerturbationDataset

STRONG = 0.5
Table = npt.NDArray[np.int64]


def batch_problems(dataset: PerturbationDataset) -> list[Problem]:
    """Conditions without control in any of their batches, and a strong association of the two."""
    key = dataset.schema.batch_key
    if key is None or not dataset.conditions:
        return []
    table = crosstable(dataset)
    has_control = _has_control(dataset, table)
    apart = [
        str(group)
        for group, cells, controls in zip(dataset.groups, table, has_control, strict=True)
        if not group.treatment.is_control and cells.sum() and not (controls & (cells > 0)).any()
    ]
    found: list[Problem] = []
    if apart:
        what = (
            f"{len(apart):,} of {len(dataset.conditions):,} conditions lie in batches without control cells: "
        )
        what += f"{listed(apart, most=3)}."
        do = "Their shift cannot be told from the batch; measure control cells in each batch."
        found.append(Problem("warning", key, what, do))
    strength = max(_by_context(dataset, table), default=0.0)
    if strength > STRONG:
        what = f"Batch and perturbation go together (Cramér's V {strength:.2f}): "
        what += "differences between conditions may be differences between batches."
        do = "Compare each condition with control cells of its own batches."
        found.append(Problem("warning", key, what, do))
    return found


def crosstable(dataset: PerturbationDataset) -> Table:
    """Cells per group and batch, shape ``(groups, batches)``; cells without a batch are not counted."""
    assert dataset.schema.batch_key is not None
    batch = factor(dataset.table.obs[dataset.schema.batch_key])
    used = (dataset.group_codes >= 0) & (batch.codes >= 0)
    width = max(1, len(batch.values))
    joint = dataset.group_codes[used] * width + batch.codes[used]
    cells = np.bincount(joint, minlength=len(dataset.groups) * width)
    return cells.reshape(len(dataset.groups), width).astype(np.int64)


def cramers_v(table: Table) -> float:
    """Association of rows and columns, 0 to 1, corrected for the bias of few cells.

    Method: Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T".
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    total = table.sum()
    if min(rows, columns) < 2 or total < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    phi = float(((table - expected) ** 2 / expected).sum() / total)
    phi = max(0.0, phi - (rows - 1) * (columns - 1) / (total - 1))
    width = min(rows - (rows - 1) ** 2 / (total - 1), columns - (columns - 1) ** 2 / (total - 1)) - 1
    return float(np.sqrt(phi / width)) if width > 0 else 0.0


def _has_control(dataset: PerturbationDataset, table: Table) -> npt.NDArray[np.bool_]:
    """Whether each batch holds control cells of a group's context, shape ``(groups, batches)``."""
    by_context = {
        group.context: cells > 0
        for group, cells in zip(dataset.groups, table, strict=True)
        if group.treatment.is_control
    }
    none = np.zeros(table.shape[1], dtype=bool)
    return np.array([by_context.get(group.context, none) for group in dataset.groups])


def _by_context(dataset: PerturbationDataset, table: Table) -> list[float]:
    """Association within each context: batches of different contexts differ by design."""
    names = np.array([group.context for group in dataset.groups])
    return [cramers_v(table[names == name]) for name in dataset.contexts]
