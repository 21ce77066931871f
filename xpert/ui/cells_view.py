"""Control cells beside predicted cells for a few genes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from xpert.data.matrix import dense
from xpert.data.responses import Condition
from xpert.plots.distributions import CONTROL, OBSERVED, PREDICTED, distributions, distributions_alt
from xpert.ui import figures, python_view
from xpert.ui.run import upload_of
from xpert.ui.snippet import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.dataset import PerturbationDataset
    from xpert.data.matrix import Cells
    from xpert.prediction.prediction import Prediction
    from xpert.ui.plan import Plan

_MOST_CELLS = 2_000
_MOST_GENES = 6


def draw(plan: Plan, prediction: Prediction, genes: Sequence[str], place: int = 0) -> None:
    """Draw the distributions, or say what is needed for them.

    Parameters
    ----------
    plan, prediction
        What the page shows.
    genes
        Of which the first few are drawn.
    place
        Of the prediction among those of the plan.
    """
    st.subheader("Cells before and after")
    if prediction.readout.is_differential:
        st.info(
            f"The values are {prediction.readout.label}: differences to control, which no single cell has.",
            icon=":material/info:",
        )
        return
    upload = upload_of(plan)
    if upload is None or upload.dataset is None:
        st.info(
            "Distributions need control cells, and a model keeps only their mean. Open a file with control cells "
            "on the Data page and choose one of its contexts.",
            icon=":material/info:",
        )
        return
    cells = cell_values(upload.dataset, plan.context, prediction, list(genes)[:_MOST_GENES])
    figures.plotly(
        distributions(cells, prediction.readout),
        "xpert-cells",
        words=distributions_alt(cells),
        about=prediction,
    )
    st.caption(
        "Predicted cells are your control cells, drawn and moved so that each gene has its predicted mean and "
        "spread. Pick rows in the gene table to see other genes."
    )
    python_view.draw(plan, Part.CELLS, place)


def cell_values(
    dataset: PerturbationDataset, context: str, prediction: Prediction, genes: Sequence[str]
) -> pd.DataFrame:
    """Control, predicted and, where measured, observed cells of some genes, as a long table."""
    from xpert.prediction.cells import sample_cells
    from xpert.prediction.controls import control_cells

    places = [prediction.genes.index(gene) for gene in genes]
    control = control_cells(dataset, context, prediction.genes)[:_MOST_CELLS]
    groups = {CONTROL: control, PREDICTED: sample_cells(prediction, control, seed=0)}
    condition = Condition(context, prediction.treatment)
    if condition in dataset.conditions:
        groups[OBSERVED] = _cells_of(dataset, condition, prediction.genes)
    parts = [
        pd.DataFrame({"gene": gene, "group": group, "value": dense(values[:, [place]]).ravel()})
        for gene, place in zip(genes, places, strict=True)
        for group, values in groups.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _cells_of(dataset: PerturbationDataset, condition: Condition, genes: Sequence[str]) -> Cells:
    from xpert.prediction.controls import match_genes

    values: Cells = dataset.expression(dataset.rows(condition)[:_MOST_CELLS])
    return values[:, match_genes(dataset.genes, genes)]
