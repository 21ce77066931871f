"""Every problem of a file at once, each with its place and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.data.columns import factor
from xpert.data.confounding import batch_problems
from xpert.data.dataset import PerturbationDataset
from xpert.data.gene_columns import gene_problems
from xpert.data.problem import Problem, listed
from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.perturbation import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xpert.data.schema import ObsSchema
    from xpert.data.table import CellTable

__all__ = ["FEW_CELLS", "FEW_CONTROLS", "Problem", "problems_of", "validate"]

FEW_CONTROLS = 20
FEW_CELLS = 10
# Below so many genes a cell's total says little of its depth.
FEW_GENES = 1_000
_RANK = {"error": 0, "warning": 1, "info": 2}


def validate(table: CellTable, schema: ObsSchema) -> tuple[Problem, ...]:
    """Every problem of a table that is read as the schema says, the gravest first.

    What is wrong with a user's data is told, never raised.
    """
    try:
        dataset = PerturbationDataset.of(table, schema)
    except InputError as error:
        return (Problem("error", "mapping", str(error), "Name columns that the file has: --map KEY=COLUMN."),)
    return problems_of(dataset)


def problems_of(dataset: PerturbationDataset) -> tuple[Problem, ...]:
    """Every problem of a dataset, the gravest first."""
    found = [
        *_control(dataset),
        *dataset.notes,
        *_few_cells(dataset),
        *_left_out(dataset),
        *_contexts(dataset),
        *batch_problems(dataset),
        *_readout(dataset),
        *gene_problems(dataset.gene_columns, dataset.file_readout),
    ]
    return sort_problems(found)


def sort_problems(problems: list[Problem]) -> tuple[Problem, ...]:
    """Each problem once, the gravest first."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: _RANK[problem.severity]))


def _control(dataset: PerturbationDataset) -> Iterator[Problem]:
    """No control at all, contexts without control, and too few control cells."""
    schema = dataset.schema
    where = schema.control_key or schema.perturbation_key or "obs"
    cells = {name: dataset.counts.get(Condition(name, CONTROL), 0) for name in dataset.contexts}
    yield from _absent_labels(dataset, where)
    if not any(cells.values()):
        if not dataset.readout.is_differential:
            what = "No cell is a control, and a shift is measured against control."
            yield Problem("error", where, what, "Name the label of control: --map control=LABEL.")
        return
    treated = {condition.context for condition in dataset.conditions}
    without = [name for name, count in cells.items() if count == 0 and name in treated]
    if without and not dataset.readout.is_differential:
        what = f"{len(without):,} contexts have treated cells and no control: {listed(without)}."
        do = "Map fewer context columns (--map context=COLUMN), or leave these cells out."
        yield Problem("error", "context", what, do)
    few = [f"{name} ({count})" for name, count in cells.items() if 0 < count < FEW_CONTROLS]
    if few:
        what = f"Fewer than {FEW_CONTROLS} control cells in: {listed(few)}."
        do = "Shifts there are uncertain: measure more control cells, or pool contexts."
        yield Problem("warning", "context", what, do)


def _absent_labels(dataset: PerturbationDataset, where: str) -> Iterator[Problem]:
    if where not in dataset.table.obs.columns:
        return
    present = factor(dataset.table.obs[where]).values
    absent = [label for label in dataset.schema.control_labels if label not in present]
    if absent:
        what = f"No cell has the control label {listed(absent)}."
        yield Problem("error", where, what, f"The column holds: {listed(present, most=10)}.")


def _few_cells(dataset: PerturbationDataset) -> Iterator[Problem]:
    """Conditions whose mean, or whose spread, rests on too little."""
    counts = {condition: dataset.counts[condition] for condition in dataset.conditions}
    single = [str(condition) for condition, count in counts.items() if count == 1]
    few = [str(condition) for condition, count in counts.items() if 1 < count < FEW_CELLS]
    if not counts:
        what = "No cell is treated: every cell that is used is a control."
        yield Problem("info", "conditions", what, "Nothing to do, if these are the cells to predict from.")
    if single:
        what = f"{len(single):,} of {len(counts):,} conditions have a single cell: {listed(single, most=3)}."
        yield Problem(
            "warning", "conditions", what, "Their spread is unknown; leave them out or measure more."
        )
    if few:
        what = f"{len(few):,} of {len(counts):,} conditions have fewer than {FEW_CELLS} cells: "
        what += f"{listed(few, most=3)}."
        do = "Their means are uncertain; for bulk samples this is the number of replicates."
        yield Problem("warning", "conditions", what, do)


def _left_out(dataset: PerturbationDataset) -> Iterator[Problem]:
    for reason, cells in dataset.left_out.items():
        if reason == "no label that can be read":
            continue  # told label by label while reading
        asked = reason != "no counts at all"
        what = f"{cells:,} cells have {reason} and are left out."
        do = "Nothing to do: this is as mapped." if asked else "Check the quality control of these cells."
        yield Problem("info" if asked else "warning", "cells", what, do)


def _contexts(dataset: PerturbationDataset) -> Iterator[Problem]:
    incomplete = dataset.cell_contexts.incomplete
    if incomplete:
        what = (
            f"{incomplete:,} cells lack a value in a column of the context; they are contexts of their own."
        )
        do = "Fill the value in, or map the context without that column."
        yield Problem("warning", listed(dataset.schema.context_keys), what, do)
    if len(dataset.contexts) > 1 and not dataset.conditions:
        return
    shared = {len({c.context for c in dataset.conditions if c.treatment == t}) for t in _treatments(dataset)}
    if len(dataset.contexts) > 1 and shared == {1}:
        what = "No treatment was measured in more than one context."
        do = "Nothing to do: treatments can be compared within a context only."
        yield Problem("info", "context", what, do)


def _treatments(dataset: PerturbationDataset) -> set[object]:
    return {condition.treatment for condition in dataset.conditions[:2_000]}


def _readout(dataset: PerturbationDataset) -> Iterator[Problem]:
    """What the values are, where that is not certain, and what is done to them."""
    found = dataset.found_readout
    if not found.is_certain:
        do = "Confirm it, or say otherwise: --map readout=log1p (or counts, cp10k, log2, log2fc, z, scaled)."
        yield Problem("warning", "values", f"{found.reason} They are taken as {found.readout}.", do)
    if dataset.normalisation:
        what = f"Values are worked in as {dataset.readout.label}: {'; '.join(dataset.normalisation)}."
        yield Problem("info", "values", what, "Nothing to do: it is recorded with every result.")
    is_scaled_here = dataset.normaliser.target_sum is not None
    if is_scaled_here and len(dataset.genes) < FEW_GENES:
        what = f"Cells are scaled by their total over only {len(dataset.genes):,} genes."
        do = "Totals over all genes are better; give a file with all genes where there is one."
        yield Problem("warning", "values", what, do)
    if found.readout is Readout.LOG1P and found.target_sum and abs(found.target_sum / 1e4 - 1) > 0.01:
        what = f"Cells were scaled to {found.target_sum:,.0f} before the logarithm, not to 10,000."
        do = "Give raw counts (--layer) to compare with the bundled models, which were scaled to 10,000."
        yield Problem("warning", "values", what, do)
