"""Predicted shift against how far it stands out of its own interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped
from xpert.plots.palette import DOWN, GREY, PURPLE, UP
from xpert.plots.style import ZERO_LINE, styled, write_name

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from xpert.data.readout import Readout

SIGNAL_LABEL = "signal ÷ uncertainty (|Δ| in interval half-widths)"
NO_INTERVAL_LABEL = "|Δ| (no interval was measured for this kind of question)"
_SVG_LIMIT = 1_500
# Room that a name takes, as a share of the figure.
_NAME_WIDTH, _NAME_HEIGHT = 0.16, 0.05


def signal(table: pd.DataFrame) -> pd.Series:
    """How many half-widths of its interval each shift is away from zero; above 1 the interval leaves zero out.

    A model has no p value: this is the size of the prediction beside the error that was measured on
    held-out treatments. Where the interval has no width the shift is exact and the signal is 0 or infinite.

    Parameters
    ----------
    table
        One row per gene, with ``delta``, ``lower`` and ``upper``, all as shifts.
    """
    half_width = (table["upper"] - table["lower"]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = table["delta"].abs() / half_width
    return ratio.where(table["delta"] != 0, 0.0)


def volcano(
    table: pd.DataFrame, readout: Readout, *, chosen: Collection[str] = (), labelled: int = 8
) -> go.Figure:
    """Draw one point per gene.

    Parameters
    ----------
    table
        Columns ``gene``, ``delta``, ``lower``, ``upper``.
    readout
        Unit of the shift.
    chosen
        Genes to ring and name.
    labelled
        How many of the others are named as well: the largest shifts that stand out of their interval first.

    Returns
    -------
    Figure
        Trace 0 holds every gene in the order of `table`, with its name as ``customdata``. Where no gene has
        an interval the height is the shift's size alone, and the axis says so.
    """
    has_interval = bool(table["lower"].notna().any())
    strength = signal(table) if has_interval else table["delta"].abs()
    drawn = strength.replace(np.inf, np.nan).fillna(0.0)
    clear = strength > 1 if has_interval else table["delta"] != 0
    color = np.where(~clear, GREY, np.where(table["delta"] > 0, UP, DOWN))
    symbol = np.where(~clear, "circle", np.where(table["delta"] > 0, "triangle-up", "triangle-down"))
    kind = go.Scatter if len(table) <= _SVG_LIMIT else go.Scattergl
    points = kind(
        x=table["delta"],
        y=drawn,
        mode="markers",
        marker={"color": color, "symbol": symbol, "size": np.where(clear, 8, 5), "opacity": 0.8},
        customdata=table[["gene"]],
        text=[escaped(g) for g in table["gene"]],
        hovertemplate="<b>%{text}</b><br>Δ %{x:.3f}<br>height %{y:.2f}<extra></extra>",
        name="genes",
        showlegend=False,
    )
    figure = go.Figure([points])
    _ring(figure, kind, table.assign(signal=drawn), chosen)
    _name(figure, table.assign(signal=drawn), chosen, labelled)
    _explain(figure, has_interval=has_interval)
    if has_interval:
        figure.add_hline(y=1, line={"dash": "dot", "color": ZERO_LINE}, layer="below")
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1}, layer="below")
    height = SIGNAL_LABEL if has_interval else NO_INTERVAL_LABEL
    return styled(figure, x=readout.delta_label, y=height).update_layout(hovermode="closest")


def volcano_alt(table: pd.DataFrame, treatment: str) -> str:
    """A sentence that says what the figure shows."""
    clear = table[signal(table) > 1]
    up, down = int((clear["delta"] > 0).sum()), int((clear["delta"] < 0).sum())
    if clear.empty:
        return f"Volcano plot of {treatment}: no gene's predicted shift stands out of its interval."
    top = clear.sort_values("delta", key=abs).iloc[-1]
    return (
        f"Volcano plot of {treatment}: {up} genes up and {down} down with an interval that leaves zero out; "
        f"the largest shift is {top['gene']} at {top['delta']:+.2f}."
    )


def _explain(figure: go.Figure, *, has_interval: bool) -> None:
    """A legend of the marks, from traces that hold no point."""
    kinds = [("up", UP, "triangle-up", 8), ("down", DOWN, "triangle-down", 8)]
    still = "interval covers zero" if has_interval else "no shift"
    for name, color, symbol, size in [*kinds, (still, GREY, "circle", 5)]:
        mark = {"color": color, "symbol": symbol, "size": size}
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=mark, name=name))


def _ring(figure: go.Figure, kind: type, table: pd.DataFrame, chosen: Collection[str]) -> None:
    """Ring the chosen genes."""
    ringed = table[table["gene"].isin(list(chosen))]
    ring = {"symbol": "circle-open", "size": 16, "line": {"width": 2.5}, "color": PURPLE}
    if not ringed.empty:
        figure.add_trace(
            kind(
                x=ringed["delta"],
                y=ringed["signal"],
                mode="markers",
                marker=ring,
                hoverinfo="skip",
                showlegend=False,
            )
        )


def _name(figure: go.Figure, table: pd.DataFrame, chosen: Collection[str], labelled: int) -> None:
    """Name the chosen genes, and the furthest of the others."""
    is_chosen = table["gene"].isin(list(chosen))
    others = table[~is_chosen & (table["delta"] != 0)]
    ranked = others.assign(size=others["delta"].abs(), is_clear=others["signal"] > 1)
    ranked = ranked.sort_values(["is_clear", "size"], ascending=False, kind="stable")
    furthest = _apart(ranked.head(3 * labelled), table).head(labelled)
    for rows, strong in ((furthest, False), (table[is_chosen], True)):
        for gene, x, y in zip(rows["gene"], rows["delta"], rows["signal"], strict=True):
            write_name(figure, x, y, gene, above=not strong, strong=strong)


def _apart(candidates: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Those candidates, first come first served, whose names do not cover one another."""
    width = max(float(table["delta"].max() - table["delta"].min()), 1e-12)
    height = max(float(table["signal"].max() - table["signal"].min()), 1e-12)
    kept: list[int] = []
    places: list[tuple[float, float]] = []
    for row, (x, y) in enumerate(
        zip(candidates["delta"] / width, candidates["signal"] / height, strict=True)
    ):
        if all(abs(x - x0) > _NAME_WIDTH or abs(y - y0) > _NAME_HEIGHT for x0, y0 in places):
            kept.append(row)
            places.append((x, y))
    return candidates.iloc[kept]
