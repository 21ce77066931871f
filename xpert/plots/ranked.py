"""The genes that are predicted to move most, as bars with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from xpert.plots.labels import plain
from xpert.plots.palette import DOWN, UP
from xpert.plots.style import bars_height, name_axis

if TYPE_CHECKING:
    from xpert.data.readout import Readout


def most_moved(table: pd.DataFrame, count: int) -> pd.DataFrame:
    """The `count` genes furthest up and the `count` furthest down, from the most up to the most down."""
    up = table[table["delta"] > 0].nlargest(count, "delta")
    down = table[table["delta"] < 0].nsmallest(count, "delta")
    return pd.concat([up, down.iloc[::-1]])


def ranked_bars(table: pd.DataFrame, readout: Readout, *, count: int = 15) -> alt.LayerChart:
    """Draw a bar per gene, most up at the top, with a line for its interval.

    Parameters
    ----------
    table
        Columns ``gene``, ``delta``, ``lower``, ``upper``, all as shifts.
    readout
        Unit of the shift.
    count
        Genes in each direction.
    """
    columns = ["gene", "delta", "lower", "upper"]
    shown = most_moved(table, count)[columns].assign(
        gene=lambda t: t["gene"].map(plain), direction=lambda t: t["delta"].map(_direction)
    )
    order = list(dict.fromkeys(shown["gene"]))
    gene = alt.Y(field="gene", type="nominal", sort=order, title=None, axis=name_axis())
    color = alt.Color(
        field="direction",
        type="nominal",
        scale=alt.Scale(domain=["▲ up", "▼ down"], range=[UP, DOWN]),
        legend=alt.Legend(title=None, orient="top"),
    )
    tooltip = [alt.Tooltip(field=c, type="nominal" if c == "gene" else "quantitative") for c in columns]
    base = alt.Chart(shown)
    shift = alt.X(field="delta", type="quantitative", title=readout.delta_label)
    bars = base.mark_bar(height={"band": 0.72}).encode(x=shift, y=gene, color=color, tooltip=tooltip)
    interval = base.mark_rule(strokeWidth=1.5, color="#808A96").encode(
        x=alt.X(field="lower", type="quantitative"), x2=alt.X2(field="upper"), y=gene
    )
    return alt.LayerChart(layer=[bars, interval]).properties(height=bars_height(len(shown)))


def ranked_alt(table: pd.DataFrame, treatment: str, *, count: int = 15) -> str:
    """A sentence that says what the figure shows."""
    shown = most_moved(table, count)
    if shown.empty:
        return f"Ranked bars of {treatment}: no gene is predicted to move."
    up, down = (", ".join(s["gene"].head(3)) for s in (shown[shown.delta > 0], shown[shown.delta < 0][::-1]))
    return f"Ranked bars of {treatment}: most up {up or 'none'}; most down {down or 'none'}."


def _direction(delta: float) -> str:
    return "▲ up" if delta > 0 else "▼ down"
