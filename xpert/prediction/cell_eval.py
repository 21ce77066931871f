"""Predicted and measured cells side by side, as the ``cell-eval`` package (Arc Institute) scores them.

Both files hold the same control cells, and for every treatment as many predicted cells as were measured, so that tests
have the same power on both sides. A treatment is named by its genes where that is enough: the package leaves the gene
that a treatment is named after out of its discrimination score.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xpert.data.matrix import dense
from xpert.data.readout import Readout
from xpert.data.responses import Condition
from xpert.errors import InputError
from xpert.model.question import Question
from xpert.prediction.cells import FEWEST_CONTROL_CELLS, sample_cells
from xpert.prediction.controls import context_from_dataset, control_cells, find_name, listed, match_genes
from xpert.prediction.predict import check_treatment, predict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from anndata import AnnData

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.responses import Floats
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.prediction import Prediction

# What the package looks for unless it is told otherwise.
COLUMN, CONTROL_LABEL = "target", "non-targeting"
FEWEST_CELLS = 2


@dataclass(frozen=True, eq=False)
class CellEvalPair:
    """Two data sets of the same shape, ln(1 + normalised counts).

    Attributes
    ----------
    predicted, real
        ``obs["target"]`` names the treatment of every cell, ``non-targeting`` the control.
    predictions
        One per treatment, with its evidence.
    left_out
        Treatments of the file that the model cannot answer or that have too few cells.
    """

    predicted: AnnData
    real: AnnData
    predictions: tuple[Prediction, ...]
    left_out: tuple[str, ...]

    @property
    def seen(self) -> tuple[str, ...]:
        """Treatments that the model was trained on: a score on them says nothing of new ones."""
        return tuple(str(p.treatment) for p in self.predictions if p.evidence.question is Question.SEEN)


def cell_eval_pair(
    bundle: Bundle,
    dataset: PerturbationDataset,
    *,
    treatments: Sequence[Treatment] = (),
    context: str | None = None,
    seed: int = 0,
) -> CellEvalPair:
    """Predict what a file measured, cell for cell.

    Parameters
    ----------
    bundle
        The model.
    dataset
        Control cells and treated cells.
    treatments
        Which of the file's treatments; without them all that the model can answer.
    context
        Which of the file's contexts, regardless of case; needed where there are several.
    seed
        Of the predicted cells.

    Raises
    ------
    InputError
        Where the readout is not ln(1 + normalised counts), the context is unclear, the file lacks a treatment that
        is asked for, or nothing is left.
    """
    if bundle.readout is not Readout.LOG1P:
        raise InputError(
            f"cell-eval scores {Readout.LOG1P.label}; {bundle.name} predicts {bundle.readout.label}."
        )
    name = _context(dataset, context)
    chosen, left_out = _chosen(bundle, dataset, name, treatments)
    predictions = predict(bundle, [context_from_dataset(dataset, bundle, name)], chosen)
    genes = predictions[0].genes
    places = match_genes(dataset.genes, genes)
    control = dense(control_cells(dataset, name, genes))
    real = [dense(dataset.expression(dataset.rows(Condition(name, t)))[:, places]) for t in chosen]
    drawn = [
        sample_cells(p, control, cells=len(cells), seed=seed)
        for p, cells in zip(predictions, real, strict=True)
    ]
    labels = _labels(chosen)
    return CellEvalPair(
        _stacked([control, *drawn], labels, genes),
        _stacked([control, *real], labels, genes),
        tuple(predictions),
        left_out,
    )


def command(predicted: Path, real: Path, out: Path) -> str:
    """The line for a shell that scores a pair."""
    words = ["cell-eval", "run", "-ap", predicted, "-ar", real, "--pert-col", COLUMN]
    return shlex.join([*map(str, words), "--control-pert", CONTROL_LABEL, "-o", str(out)])


def _context(dataset: PerturbationDataset, asked: str | None) -> str:
    treated = {condition.context for condition in dataset.conditions}
    able = [
        name
        for name in dataset.contexts
        if name in treated and len(dataset.control_rows(name)) >= FEWEST_CONTROL_CELLS
    ]
    found = find_name(asked, able) if asked is not None else (able[0] if len(able) == 1 else None)
    if found is None:
        what = f"no context {asked!r} with" if asked is not None else f"{len(able)} contexts with"
        choose = f" Choose one with --context: {listed(able)}." if able else ""
        raise InputError(f"{dataset.table.name} has {what} both control cells and treated cells.{choose}")
    return found


def _chosen(
    bundle: Bundle, dataset: PerturbationDataset, context: str, asked: Sequence[Treatment]
) -> tuple[list[Treatment], tuple[str, ...]]:
    """Treatments to predict, and those of the file that are left out."""
    counts = {c.treatment: n for c, n in dataset.counts.items() if c.context == context}
    measured = [t for t, n in counts.items() if n >= FEWEST_CELLS and not t.is_control]
    if asked:
        for treatment in asked:
            if treatment not in measured:
                raise InputError(
                    f"{dataset.table.name} has no {FEWEST_CELLS} cells of {treatment} in {context} to compare with; "
                    f"it has {listed(map(str, measured))}."
                )
            check_treatment(bundle, treatment)
        return list(dict.fromkeys(asked)), ()
    known = [t for t in measured if _can_answer(bundle, t)]
    left_out = tuple(str(t) for t in counts if not t.is_control and t not in known)
    if not known:
        raise InputError(
            f"{bundle.name} can answer none of the treatments of {dataset.table.name} in {context}: "
            f"{listed(left_out) or 'there are none'}."
        )
    return known, left_out


def _can_answer(bundle: Bundle, treatment: Treatment) -> bool:
    try:
        check_treatment(bundle, treatment)
    except InputError:
        return False
    return True


def _labels(treatments: Sequence[Treatment]) -> list[str]:
    """Names of the genes or compounds where no two treatments share them, else the whole text."""
    short = ["+".join(t.targets) for t in treatments]
    times = Counter([*short, CONTROL_LABEL])
    return [
        name if times[name] == 1 else str(treatment)
        for name, treatment in zip(short, treatments, strict=True)
    ]


def _stacked(blocks: Sequence[Floats], labels: Sequence[str], genes: Sequence[str]) -> AnnData:
    """Control first, then every treatment."""
    import anndata as ad

    named = np.repeat([CONTROL_LABEL, *labels], [len(block) for block in blocks])
    values = np.concatenate(list(blocks)).astype(np.float32)
    obs = pd.DataFrame({COLUMN: pd.Categorical(named)}, index=[f"cell{i}" for i in range(len(values))])
    return ad.AnnData(values, obs=obs, var=pd.DataFrame(index=list(genes)))
