"""Predicted against observed shift of every gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from xpert.plots.labels import escaped
from xpert.plots.palette import BLUE, PURPLE
from xpert.plots.style import ZERO_LINE, styled

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from xpert.data.readout import Readout


def agreement(table: pd.DataFrame, readout: Readout, *, chosen: Collection[str] = ()) -> go.Figure:
    """Draw one point per gene and the line on which prediction and observation are equal.

    Parameters
    ----------
    table
        Columns ``gene``, ``delta`` (predicted) and ``observed``; genes without an observation are left out.
    readout
        Unit of both axes.
    chosen
        Genes to ring and name.
    """
    shown = table.dropna(subset=["observed"])
    low = float(min(shown["delta"].min(), shown["observed"].min(), 0.0))
    high = float(max(shown["delta"].max(), shown["observed"].max(), 0.0))
    figure = go.Figure()
    figure.add_scatter(
        x=[low, high],
        y=[low, high],
        mode="lines",
        line={"color": ZERO_LINE, "dash": "dot"},
        hoverinfo="skip",
        name="equal",
    )
    figure.add_scatter(
        x=shown["observed"],
        y=shown["delta"],
        mode="markers",
        marker={"color": BLUE, "size": 6, "opacity": 0.65},
        text=[escaped(g) for g in shown["gene"]],
        hovertemplate="<b>%{text}</b><br>observed %{x:.3f}<br>predicted %{y:.3f}<extra></extra>",
        name="genes",
    )
    ringed = shown[shown["gene"].isin(list(chosen))]
    figure.add_scatter(
        x=ringed["observed"],
        y=ringed["delta"],
        mode="markers+text",
        marker={"symbol": "circle-open", "size": 15, "line": {"width": 2.5}, "color": PURPLE},
        text=[escaped(g, longest=14) for g in ringed["gene"]],
        textposition="top center",
        hoverinfo="skip",
        name="chosen",
        visible=not ringed.empty,
    )
    unit = readout.delta_label
    return styled(figure, x=f"observed {unit}", y=f"predicted {unit}", height=420).update_layout(
        showlegend=False
    )
