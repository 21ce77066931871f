"""The signatures of two treatments, one against the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import DOWN, GREY, PURPLE, UP
from xpert.plots.style import ZERO_LINE, styled, write_name

if TYPE_CHECKING:
    import pandas as pd

SHARED_UP, SHARED_DOWN, OPPOSITE, OTHERS = "up in both", "down in both", "opposite", "other genes"
_LOOK = {
    OTHERS: (GREY, "circle", 4, 0.5),
    SHARED_UP: (UP, "triangle-up", 8, 0.9),
    SHARED_DOWN: (DOWN, "triangle-down", 8, 0.9),
    OPPOSITE: (PURPLE, "diamond", 8, 0.9),
}
_NAMED = 6


def with_kind(table: pd.DataFrame, top: int) -> pd.DataFrame:
    """The same genes with ``kind``: whether both treatments move a gene strongly, the same way or opposite ways.

    Parameters
    ----------
    table
        Columns ``gene``, ``first``, ``second``: the shifts by either treatment.
    top
        A gene counts where it is among this many of the largest shifts, of either sign, of both treatments.
    """
    strong = np.ones(len(table), dtype=bool)
    for side in ("first", "second"):
        size = table[side].abs()
        strong &= ((size.rank(ascending=False, method="first") <= top) & (size > 0)).to_numpy()
    first, second = (table[side].to_numpy(dtype=float) for side in ("first", "second"))
    same = np.where(first > 0, SHARED_UP, SHARED_DOWN)
    kind = np.where(strong, np.where(first * second > 0, same, OPPOSITE), OTHERS)
    return table.assign(kind=kind)


def signature_scatter(table: pd.DataFrame, first: str, second: str, unit: str) -> go.Figure:
    """Draw one point per gene.

    Parameters
    ----------
    table
        Of `with_kind`.
    first, second
        What the two axes are called.
    unit
        Of both.
    """
    figure = go.Figure()
    for kind, (color, symbol, size, opacity) in _LOOK.items():
        part = table[table["kind"] == kind]
        if len(part):
            figure.add_scatter(
                x=part["first"],
                y=part["second"],
                mode="markers",
                marker={"color": color, "symbol": symbol, "size": size, "opacity": opacity},
                text=[escaped(gene) for gene in part["gene"]],
                hovertemplate="<b>%{text}</b><br>%{x:+.3f} and %{y:+.3f}<extra></extra>",
                name=f"{kind} ({len(part):,})",
            )
    figure.add_vline(x=0, line={"color": ZERO_LINE, "width": 1})
    figure.add_hline(y=0, line={"color": ZERO_LINE, "width": 1})
    strong = table[table["kind"] != OTHERS]
    far = (strong["first"].abs() * strong["second"].abs()).sort_values(ascending=False).index
    for row in _apart(table.loc[far], table)[:_NAMED]:
        write_name(figure, table["first"][row], table["second"][row], table["gene"][row])
    names = [escaped(name, longest=34) for name in (first, second)]
    return styled(figure, x=f"{names[0]}<br>{unit}", y=f"{names[1]}<br>{unit}", height=480)


def _apart(wanted: pd.DataFrame, table: pd.DataFrame) -> list[int]:
    """Rows whose names do not cover one another, in their order."""
    sides = ["first", "second"]
    room = (table[sides].max() - table[sides].min()).to_numpy(dtype=float) * np.array([0.14, 0.05])
    kept: list[int] = []
    places: list[np.ndarray] = []
    for row, place in zip(wanted.index.tolist(), wanted[sides].to_numpy(dtype=float), strict=True):
        if not any((np.abs(place - other) < room).all() for other in places):
            kept.append(row)
            places.append(place)
    return kept


def signature_alt(table: pd.DataFrame, first: str, second: str, pearson: float) -> str:
    """A sentence that says what the figure shows."""
    counts = table["kind"].value_counts()
    said = ", ".join(f"{int(counts.get(kind, 0))} {kind}" for kind in (SHARED_UP, SHARED_DOWN, OPPOSITE))
    return (
        f"Shift of {len(table):,} genes by {plain(first)} against {plain(second)}: Pearson r {pearson:.2f}; "
        f"of the strongest {said}."
    )
