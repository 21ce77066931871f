"""How alike each two treatments are, as a matrix with its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import DIVERGING
from xpert.plots.style import styled

if TYPE_CHECKING:
    import pandas as pd

_MOST_NUMBERS = 12
# With more treatments the columns carry numbers, and the rows name and number.
_MOST_NAMED = 8


def similarity_matrix(alike: pd.DataFrame, measure: str) -> go.Figure:
    """Draw a square matrix from −1 to 1, white at zero; without a value where a treatment moves nothing.

    Parameters
    ----------
    alike
        Rows and columns are the same treatments in the order in which they are drawn.
    measure
        What the numbers are.
    """
    values = alike.to_numpy(dtype=float)
    count = len(alike)
    names = [escaped(c) for c in alike.columns]
    pairs = np.dstack([np.array([[name] * count for name in names]), np.array([names] * count)])
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(count)),
            y=list(range(count)),
            texttemplate="%{z:.2f}" if count <= _MOST_NUMBERS else None,
            customdata=pairs,
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br><b>%{z:.3f}</b><extra></extra>",
            colorscale=list(DIVERGING),
            zmin=-1,
            zmax=1,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": escaped(measure), "side": "right"}, "thickness": 12},
        )
    )
    many = count > _MOST_NAMED
    styled(figure, x="", y="", height=150 + (26 if many else 34) * max(count, 4))
    shown = [escaped(c, longest=26) for c in alike.columns]
    numbers = [str(i + 1) for i in range(count)]
    rows = [f"{name}  {n}" for name, n in zip(shown, numbers, strict=True)] if many else shown
    ticks = {"tickvals": list(range(count)), "showgrid": False, "zeroline": False}
    figure.update_xaxes(tickangle=0 if many else -30, ticktext=numbers if many else shown, **ticks)
    figure.update_yaxes(autorange="reversed", ticktext=rows, **ticks)
    return figure


def similarity_alt(alike: pd.DataFrame, measure: str) -> str:
    """A sentence that says what the figure shows."""
    values = alike.to_numpy(dtype=float).copy()
    np.fill_diagonal(values, np.nan)
    start = f"{measure} between {len(alike)} treatments"
    if np.isnan(values).all():
        return f"{start}: it cannot be told, since they move nothing."
    parts = []
    for word, place in (("most alike", np.nanargmax(values)), ("least alike", np.nanargmin(values))):
        a, b = divmod(int(place), len(alike))
        parts.append(f"{word} {plain(alike.index[a])} and {plain(alike.columns[b])} at {values[a, b]:.2f}")
    return f"{start}: {'; '.join(parts)}."
