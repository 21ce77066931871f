"""A predicted shift beside the measured ones, on the side of zero where a hypothesis would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from xpert.plots.labels import plain
from xpert.plots.palette import BLUE, DOWN, GREY, UP
from xpert.plots.style import bars_height, name_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.data.readout import Readout
    from xpert.design.report import Mark

PREDICTED, MEASURED = "predicted", "measured"


def shifts(marks: Sequence[Mark], readout: Readout, sign: int) -> alt.LayerChart:
    """Draw a row per mark with its interval; a band stands where the hypothesis holds.

    Parameters
    ----------
    marks
        The prediction first.
    readout
        Unit of the shift.
    sign
        +1 where the hypothesis says up, −1 where it says down.
    """
    table = _table(marks)
    order = table["name"].tolist()
    ends = [0.0, *table["lower"], *table["upper"], *table["shift"]]
    room = 0.08 * ((max(ends) - min(ends)) or 1.0)
    domain = [min(ends) - room, max(ends) + room]
    base = alt.Chart(table)
    name = alt.Y(field="name", type="nominal", sort=order, title=None, axis=name_axis(limit=280))
    scale = alt.Scale(domain=domain, nice=False)
    x = alt.X(field="shift", type="quantitative", title=readout.delta_label, scale=scale)
    color = alt.Color(
        field="direction", type="nominal", legend=None, scale=alt.Scale(domain=["up", "down", "none"], range=[UP, DOWN, GREY])
    )  # fmt: skip
    shape = alt.Shape(
        field="kind",
        type="nominal",
        scale=alt.Scale(domain=[PREDICTED, MEASURED], range=["diamond", "circle"]),
        legend=alt.Legend(title=None, orient="top", symbolFillColor=GREY, symbolStrokeColor=GREY),
    )
    tooltip = [
        alt.Tooltip(field=c, type="nominal" if c in {"name", "kind"} else "quantitative")
        for c in ("name", "kind", "shift", "lower", "upper")
    ]
    band = alt.Chart(pd.DataFrame({"from": [0.0], "to": [domain[1] if sign > 0 else domain[0]]}))
    holds = band.mark_rect(color=BLUE, opacity=0.1).encode(
        x=alt.X(field="from", type="quantitative", scale=scale), x2=alt.X2(field="to")
    )
    zero = band.mark_rule(color=GREY).encode(x=alt.X(field="from", type="quantitative", scale=scale))
    interval = base.mark_rule(strokeWidth=2.5).encode(
        x=alt.X(field="lower", type="quantitative", scale=scale),
        x2=alt.X2(field="upper"),
        y=name,
        color=color,
    )
    points = base.mark_point(size=130, filled=True, opacity=1).encode(
        x=x, y=name, color=color, shape=shape, tooltip=tooltip
    )
    return alt.LayerChart(layer=[holds, zero, interval, points]).properties(
        height=bars_height(len(order), row=26)
    )


def shifts_alt(marks: Sequence[Mark], subject: str) -> str:
    """A sentence that says what the figure shows."""
    first, others = marks[0], marks[1:]
    same = sum(mark.shift * first.shift > 0 for mark in others)
    return (
        f"Shift of {plain(subject)}: predicted {first.shift:+.3g}, 90 % interval {first.lower:+.3g} to {first.upper:+.3g}; "
        f"{same} of {len(others)} measured treatments beside it moved it the same way."
    )


def _table(marks: Sequence[Mark]) -> pd.DataFrame:
    names: list[str] = []
    for mark in marks:
        name = plain(mark.label)
        names.append(name if name not in names else f"{name} ({len(names)})")
    return pd.DataFrame(
        {
            "name": names,
            "kind": [PREDICTED if mark.is_predicted else MEASURED for mark in marks],
            "shift": [mark.shift for mark in marks],
            "lower": [mark.lower for mark in marks],
            "upper": [mark.upper for mark in marks],
            "direction": ["up" if m.shift > 0 else "down" if m.shift < 0 else "none" for m in marks],
        }
    )
