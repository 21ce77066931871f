"""Treatments by a score, as bars with their intervals and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from xpert.plots.labels import plain
from xpert.plots.palette import BLUE, ORANGE
from xpert.plots.style import bars_height, name_axis

if TYPE_CHECKING:
    import pandas as pd

MEASURED, PREDICTED = "measured before", "never measured"
_INTERVAL = "#808A96"


def score_bars(table: pd.DataFrame, title: str, *, measured: str = "measured") -> alt.LayerChart:
    """Draw a bar per row, in the table's order, its interval as a line and the measured value as a diamond.

    Parameters
    ----------
    table
        Columns ``name``, ``value``, ``is_measured``, and NaN where there is none ``lower``, ``upper``, ``measured``.
    title
        Of the axis, with its unit.
    measured
        What the diamond shows, for the tooltip.
    """
    shown = table.assign(
        name=_apart([plain(name, longest=60) for name in table["name"]]),
        basis=table["is_measured"].map({True: MEASURED, False: PREDICTED}),
    )
    name = alt.Y(
        field="name", type="nominal", sort=shown["name"].tolist(), title=None, axis=name_axis(limit=320)
    )
    color = alt.Color(
        field="basis",
        type="nominal",
        scale=alt.Scale(domain=[MEASURED, PREDICTED], range=[BLUE, ORANGE]),
        legend=alt.Legend(title=None, orient="top") if shown["basis"].nunique() > 1 else None,
    )
    tooltip = [
        alt.Tooltip(field="name", type="nominal", title="treatment"),
        *(
            alt.Tooltip(field=c, type="quantitative", format=".3f", title=measured if c == "measured" else c)
            for c in ("value", "lower", "upper", "measured")
        ),
    ]
    value = alt.X(field="value", type="quantitative", title=title)
    bars = (
        alt.Chart(shown).mark_bar(height={"band": 0.72}).encode(x=value, y=name, color=color, tooltip=tooltip)
    )
    interval = (
        alt.Chart(shown[shown["lower"].notna()])
        .mark_rule(strokeWidth=1.5, color=_INTERVAL)
        .encode(x=alt.X(field="lower", type="quantitative"), x2=alt.X2(field="upper"), y=name)
    )
    observed = (
        alt.Chart(shown[shown["measured"].notna()])
        .mark_point(
            shape="diamond", size=60, filled=True, color="white", stroke="#18222C", strokeWidth=1.5, opacity=1
        )
        .encode(x=alt.X(field="measured", type="quantitative"), y=name, tooltip=tooltip)
    )
    return alt.LayerChart(layer=[bars, interval, observed]).properties(height=bars_height(len(shown)))


def score_bars_alt(table: pd.DataFrame, title: str) -> str:
    """A sentence that says what the figure shows."""
    if table.empty:
        return f"Bars of the {title}: nothing to show."
    named = [
        f"{plain(n)} {v:.2f}" for n, v in zip(table["name"].head(3), table["value"].head(3), strict=True)
    ]
    return f"Bars of the {title} of {len(table)} treatments; the first are {', '.join(named)}."


def _apart(names: list[str]) -> list[str]:
    """The same names; one that stands twice has its place behind it, since a bar belongs to one row."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
