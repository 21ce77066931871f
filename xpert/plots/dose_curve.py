"""Shift over doses on a logarithmic axis, vehicle at the left, what lies outside the doses measured shaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import BLUE, ORANGE, VERMILION
from xpert.plots.style import ZERO_LINE, styled

if TYPE_CHECKING:
    import pandas as pd

    from xpert.data.readout import Readout
    from xpert.design.dose_response import Curve

_SHADE = "rgba(128, 138, 150, 0.20)"
_BAND = "rgba(0, 114, 178, 0.18)"
# Decades between the lowest dose and the place of the vehicle, and from an end to the edge.
_TO_VEHICLE, _TO_EDGE = 0.5, 0.12


def dose_curve(curve: Curve, readout: Readout, unit: str, *, height: int = 380) -> go.Figure:
    """Draw predictions with their 90 % interval, what was measured, and the Hill curve where there is one.

    The line joins answers at doses that were not measured. An answer at a measured dose, which is another kind of
    question, stands beside it with a bar for its interval.

    Parameters
    ----------
    curve
        What is drawn.
    readout
        Unit of the shift.
    unit
        Unit of the doses.
    height
        In pixels.
    """
    doses = curve.table["dose"]
    every = np.concatenate([doses[doses > 0], curve.measured["dose"]])
    vehicle = np.log10(every.min()) - _TO_VEHICLE
    table = curve.table.assign(
        x=np.where(doses > 0, np.log10(doses.where(doses > 0, 1.0)), vehicle),
        text=["vehicle" if d == 0 else f"{d:g} {escaped(unit)}" for d in doses],
    )
    figure = go.Figure()
    apart = table["seen"] & (table["dose"] > 0)
    line = table[~apart] if (~apart).sum() > 2 else table
    _add_line(figure, line)
    if len(line) < len(table):
        _add_apart(figure, table[apart])
    _add_measured(figure, curve.measured, unit)
    _add_hill(figure, curve, line)
    edges = (vehicle - _TO_EDGE, float(np.log10(every.max())) + _TO_EDGE)
    _shade(figure, curve, edges)
    styled(figure, x=f"dose, {escaped(unit)} (log scale)", y=readout.delta_label, height=height)
    ticks = _ticks(every)
    figure.update_xaxes(
        range=list(edges),
        tickvals=[vehicle, *np.log10(ticks).tolist()],
        ticktext=["vehicle", *(f"{t:g}" for t in ticks)],
    )
    figure.add_hline(y=0, line={"color": ZERO_LINE, "width": 1}, layer="below")
    return figure.update_layout(hovermode="closest", legend={"y": -0.24, "yanchor": "top"})


def dose_alt(curve: Curve, unit: str) -> str:
    """A sentence that says what the figure shows."""
    active = curve.table[curve.table["dose"] > 0]
    most = active.iloc[int(active["delta"].abs().to_numpy().argmax())]
    name = plain(curve.signature.name)
    hill = curve.fit.hill
    half = (
        f"EC50 {hill.ec50:.3g} {unit} ({hill.lower:.3g} to {hill.upper:.3g})." if hill else curve.fit.reason
    )
    return (
        f"Predicted shift of {name} over {len(active)} doses, largest {most['delta']:+.2f} at {most['dose']:g} "
        f"{unit}. {half}"
    )


def _add_line(figure: go.Figure, table: pd.DataFrame) -> None:
    if table["lower"].notna().all():
        figure.add_scatter(
            x=[*table["x"], *table["x"][::-1]],
            y=[*table["upper"], *table["lower"][::-1]],
            fill="toself",
            fillcolor=_BAND,
            line={"width": 0},
            hoverinfo="skip",
            name="90 % interval",
        )
    figure.add_scatter(
        x=table["x"],
        y=table["delta"],
        mode="lines+markers",
        line={"color": BLUE, "width": 2},
        marker={"size": 6},
        text=table["text"],
        hovertemplate="%{text}<br>predicted %{y:+.3f}<extra></extra>",
        name="predicted",
    )


def _add_apart(figure: go.Figure, table: pd.DataFrame) -> None:
    figure.add_scatter(
        x=table["x"],
        y=table["delta"],
        mode="markers",
        marker={"color": BLUE, "symbol": "square-open", "size": 10, "line": {"width": 2}},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": table["upper"] - table["delta"],
            "arrayminus": table["delta"] - table["lower"],
            "color": BLUE,
            "thickness": 1,
        },
        text=table["text"],
        hovertemplate="%{text}<br>predicted %{y:+.3f}<extra></extra>",
        name="predicted at a measured dose",
    )


def _add_measured(figure: go.Figure, measured: pd.DataFrame, unit: str) -> None:
    if measured.empty:
        return
    figure.add_scatter(
        x=np.log10(measured["dose"]),
        y=measured["delta"],
        mode="markers",
        marker={"color": VERMILION, "symbol": "diamond", "size": 10},
        text=[f"{d:g} {escaped(unit)}" for d in measured["dose"]],
        hovertemplate="%{text}<br>measured %{y:+.3f}<extra></extra>",
        name="measured",
    )


def _add_hill(figure: go.Figure, curve: Curve, line: pd.DataFrame) -> None:
    hill = curve.fit.hill
    if hill is None:
        return
    x = np.linspace(float(line["x"].min()), float(line["x"].max()), 120)
    figure.add_scatter(
        x=x,
        y=hill.at(10**x),
        mode="lines",
        line={"color": ORANGE, "dash": "dash", "width": 2},
        hoverinfo="skip",
        name="Hill curve",
    )
    low, middle, high = (float(np.log10(v)) for v in (hill.lower, hill.ec50, hill.upper))
    figure.add_vrect(x0=low, x1=high, fillcolor=ORANGE, opacity=0.15, line_width=0, layer="below")
    figure.add_vline(
        x=middle,
        line={"color": ORANGE, "width": 2},
        annotation_text=f"EC50 {hill.ec50:.3g}",
        annotation_position="top",
    )


def _shade(figure: go.Figure, curve: Curve, edges: tuple[float, float]) -> None:
    """Shade what lies outside the doses measured; everything where there are none."""
    inside = curve.span
    spans = (
        [(edges[0], edges[1])]
        if inside is None
        else [(edges[0], float(np.log10(inside[0]))), (float(np.log10(inside[1])), edges[1])]
    )
    for start, end in spans:
        figure.add_vrect(x0=start, x1=end, fillcolor=_SHADE, line_width=0, layer="below")
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={"symbol": "square", "size": 12, "color": _SHADE},
        name="outside the doses measured",
        hoverinfo="skip",
    )


def _ticks(doses: np.ndarray) -> list[float]:
    """Powers of ten inside the doses; half decades as well where these are few."""
    low, high = np.floor(np.log10(doses.min())), np.ceil(np.log10(doses.max()))
    steps = (1.0, 3.0) if high - low <= 3 else (1.0,)
    marks = [float(f"{s}e{int(e)}") for e in np.arange(low, high + 1) for s in steps]
    return [m for m in marks if doses.min() * 0.99 <= m <= doses.max() * 1.01]
