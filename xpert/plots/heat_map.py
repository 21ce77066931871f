"""Genes by treatments as a heat map, white at zero, in the order that is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import DIVERGING
from xpert.plots.style import styled

if TYPE_CHECKING:
    import pandas as pd

    from xpert.data.readout import Readout

_ROW, _AROUND = 19, 150
# Letters of column names that fit beside each other.
_ROOM = 80
# Beyond so many times the shift that nine of ten values stay below, the colours end before the largest shift.
_FAR = 3.0


def heat_map(shifts: pd.DataFrame, readout: Readout, *, marked: pd.DataFrame | None = None) -> go.Figure:
    """Draw shifts; both ends of the scale are equally far from zero, and a missing value stays empty.

    Parameters
    ----------
    shifts
        A row per gene and a column per treatment, both in the order in which they are drawn, the first gene on top.
    readout
        Unit of the shifts.
    marked
        True where a dot is to stand, in the shape of `shifts`.
    """
    values = shifts.to_numpy(dtype=float)
    end, is_cut = _end(values)
    dots = np.full(values.shape, "")
    if marked is not None:
        dots[marked.to_numpy(dtype=bool)] = "●"
    names = [[escaped(c) for c in shifts.columns]] * len(shifts)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(shifts.shape[1])),
            y=list(range(len(shifts))),
            text=dots,
            texttemplate="%{text}",
            textfont={"size": 9},
            customdata=np.dstack([np.array([[escaped(g)] * shifts.shape[1] for g in shifts.index]), names]),
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{z:+.3f}<extra></extra>",
            colorscale=list(DIVERGING),
            zmin=-end,
            zmax=end,
            xgap=1,
            ygap=1,
            colorbar=_bar(readout, end, is_cut=is_cut),
        )
    )
    styled(figure, x="", y="", height=_AROUND + _ROW * max(len(shifts), 4))
    named = {"showgrid": False, "zeroline": False}
    figure.update_xaxes(
        side="top",
        tickvals=list(range(shifts.shape[1])),
        ticktext=[escaped(c, longest=30) for c in shifts.columns],
        tickangle=-30 if sum(min(len(str(c)), 30) for c in shifts.columns) > _ROOM else 0,
        **named,
    )
    figure.update_yaxes(
        autorange="reversed",
        tickvals=list(range(len(shifts))),
        ticktext=[escaped(g, longest=18) for g in shifts.index],
        **named,
    )
    return figure.update_layout(margin={"t": 20})


def _end(values: np.ndarray) -> tuple[float, bool]:
    """Shift at which the colours end, and whether some shifts are larger."""
    sizes = np.abs(values[np.isfinite(values)])
    largest = float(sizes.max(initial=0.0))
    usual = float(np.quantile(sizes, 0.9)) if sizes.size else 0.0
    return (_FAR * usual, True) if 0 < _FAR * usual < largest else (largest or 1.0, False)


def _bar(readout: Readout, end: float, *, is_cut: bool) -> dict[str, object]:
    """The colour bar; its ends say where they stand for larger shifts as well."""
    ticks = np.linspace(-end, end, 5)
    texts = [f"{t:+.2g}" if t else "0" for t in ticks]
    if is_cut:
        texts[0], texts[-1] = f"≤ {texts[0]}", f"≥ {texts[-1]}"
    return {
        "title": {"text": escaped(readout.delta_label), "side": "right"},
        "thickness": 12,
        "tickvals": ticks.tolist(),
        "ticktext": texts,
    }


def heat_map_alt(shifts: pd.DataFrame) -> str:
    """A sentence that says what the figure shows."""
    columns = ", ".join(plain(c) for c in shifts.columns)
    start = f"Heat map of {len(shifts)} genes in {columns}"
    values = np.nan_to_num(shifts.to_numpy(dtype=float))
    if not values.any():
        return f"{start}: nothing moves."
    row, column = divmod(int(np.abs(values).argmax()), values.shape[1])
    gene, treatment = plain(shifts.index[row]), plain(shifts.columns[column])
    return f"{start}; the largest shift is {gene} in {treatment} at {values[row, column]:+.2f}."
