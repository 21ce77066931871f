"""Control cells beside predicted cells, gene by gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from xpert.plots.labels import escaped
from xpert.plots.palette import GREY, TEAL, VERMILION
from xpert.plots.style import styled

if TYPE_CHECKING:
    import pandas as pd

    from xpert.data.readout import Readout

CONTROL, PREDICTED, OBSERVED = "control", "predicted", "observed"
_COLORS = {CONTROL: GREY, PREDICTED: VERMILION, OBSERVED: TEAL}
_FEW = 50


def distributions(cells: pd.DataFrame, readout: Readout) -> go.Figure:
    """Draw a violin per gene and group, and every cell where a group has few.

    Parameters
    ----------
    cells
        Long table: ``gene``, ``group`` (``control``, ``predicted`` or ``observed``) and ``value``.
    readout
        Unit of the values.
    """
    figure = go.Figure()
    for group, color in _COLORS.items():
        part = cells[cells["group"] == group]
        if part.empty:
            continue
        per_gene = int(part.groupby("gene", observed=True).size().max())
        figure.add_violin(
            x=[escaped(g) for g in part["gene"]],
            y=part["value"],
            name=f"{group} ({per_gene:,} cells)",
            legendgroup=group,
            line_color=color,
            meanline_visible=True,
            points="all" if per_gene < _FEW else False,
            spanmode="hard",
            scalemode="width",
            hoverinfo="y+name",
        )
    figure.update_layout(violinmode="group", violingap=0.15, violingroupgap=0.05)
    return styled(figure, x="gene", y=readout.label, height=380)


def distributions_alt(cells: pd.DataFrame) -> str:
    """A sentence that says what the figure shows."""
    means = cells.groupby(["gene", "group"], observed=True, sort=False)["value"].mean().unstack("group")
    parts = [
        f"{gene} " + ", ".join(f"{group} {row[group]:.2f}" for group in _COLORS if group in means)
        for gene, row in means.iterrows()
    ]
    return f"Distributions over cells, means: {'; '.join(parts)}."
