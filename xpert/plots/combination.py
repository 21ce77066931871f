"""A combination against the sum of its parts, gene by gene."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import BLUE, GREY, PURPLE, TEAL, VERMILION, Mark
from xpert.plots.style import ZERO_LINE, styled, write_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from xpert.data.readout import Readout

KIND_MARKS = {
    "additive": Mark(GREY, "circle"),
    "synergy": Mark(VERMILION, "triangle-up"),
    "buffering": Mark(BLUE, "triangle-down"),
    "opposite": Mark(PURPLE, "x"),
    "new": Mark(TEAL, "diamond"),
}


def combination_scatter(
    table: pd.DataFrame,
    readout: Readout,
    *,
    y: str = "predicted",
    chosen: Collection[str] = (),
    labelled: int = 10,
    words: Mapping[str, str] | None = None,
    spread: bool = False,
) -> go.Figure:
    """Draw one point per gene, and the line on which the combination is the sum of its parts.

    Parameters
    ----------
    table
        Columns ``gene, additive, interaction, kind`` and the one named by `y`; genes without a value are left out.
    readout
        Unit of both axes.
    y
        Column of the combination: ``predicted`` or ``measured``.
    chosen
        Genes to ring and name.
    labelled
        How many of the genes that depart from the sum are named as well, the largest departure first.
    words
        Name of each kind to show.
    spread
        Whether both axes are square-root scales, on which small shifts stand further apart.
    """
    shown = table.dropna(subset=[y])
    values = shown[["additive", y]].to_numpy(dtype=float)
    if spread:
        shown = shown.assign(**{name: _root(shown[name]) for name in ("additive", y)})
    low = float(min(shown["additive"].min(), shown[y].min(), 0.0))
    high = float(max(shown["additive"].max(), shown[y].max(), 0.0))
    figure = go.Figure()
    line = {"color": ZERO_LINE, "dash": "dot"}
    figure.add_scatter(
        x=[low, high], y=[low, high], mode="lines", line=line, hoverinfo="skip", name="the sum of the parts"
    )
    _add_kinds(figure, shown, table, y, words or {})
    _name_genes(figure, shown, y, chosen, labelled)
    unit = readout.delta_label + (", square-root scale" if spread else "")
    styled(figure, x=f"sum of the parts: {unit}", y=f"{y} together: {unit}", height=500)
    if spread:
        ticks = _ticks(values)
        axis = {"tickvals": _root(ticks).tolist(), "ticktext": [f"{t:g}" for t in ticks]}
        figure.update_xaxes(**axis)
        figure.update_yaxes(**axis)
    return figure.update_layout(hovermode="closest", legend={"y": -0.2, "yanchor": "top"})


def _add_kinds(
    figure: go.Figure, shown: pd.DataFrame, table: pd.DataFrame, y: str, words: Mapping[str, str]
) -> None:
    """A trace for each kind of gene; under the pointer stand the numbers of `table`, whatever the scale."""
    for kind, mark in KIND_MARKS.items():
        part = shown[shown["kind"] == kind]
        if part.empty:
            continue
        size, opacity = (5, 0.6) if kind == "additive" else (10, 0.9)
        figure.add_scatter(
            x=part["additive"],
            y=part[y],
            mode="markers",
            marker={"color": mark.color, "symbol": mark.symbol, "size": size, "opacity": opacity},
            customdata=table.loc[part.index, ["additive", y, "interaction"]],
            text=[escaped(g) for g in part["gene"]],
            hovertemplate="<b>%{text}</b><br>sum %{customdata[0]:+.3f}<br>together %{customdata[1]:+.3f}"
            "<br>predicted difference %{customdata[2]:+.3f}<extra></extra>",
            name=f"{escaped(words.get(kind, kind))} ({len(part):,})",
        )


def combination_alt(table: pd.DataFrame, treatment: str) -> str:
    """A sentence that says what the figure shows."""
    counts = table["kind"].value_counts()
    parts = [f"{counts[kind]} {kind}" for kind in KIND_MARKS if kind in counts]
    departing = table[table["kind"] != "additive"]
    first = ", ".join(plain(g) for g in departing["gene"].head(3))
    return f"{plain(treatment)} against the sum of its parts: {', '.join(parts)}" + (
        f"; the largest departures are {first}." if first else "."
    )


def _root(values: Any) -> Any:  # noqa: ANN401 - an array or a column
    return np.sign(values) * np.sqrt(np.abs(values))


def _ticks(values: np.ndarray) -> np.ndarray:
    """Round values of both signs inside the data, and zero."""
    marks = np.array([float(f"{step}e{power}") for power in range(-2, 3) for step in (1, 3)])
    both = np.concatenate([-marks[::-1], [0.0], marks])
    inside = both[(both >= values.min(initial=0.0)) & (both <= values.max(initial=0.0))]
    largest = float(np.abs(inside).max(initial=0.0))
    kept: np.ndarray = inside[(inside == 0) | (np.abs(inside) >= largest / 40)]
    return kept


def _name_genes(
    figure: go.Figure, shown: pd.DataFrame, y: str, chosen: Collection[str], labelled: int
) -> None:
    is_chosen = shown["gene"].isin(list(chosen))
    ringed = shown[is_chosen]
    if not ringed.empty:
        ring = {"symbol": "circle-open", "size": 17, "line": {"width": 2.5}, "color": PURPLE}
        figure.add_scatter(
            x=ringed["additive"], y=ringed[y], mode="markers", marker=ring, hoverinfo="skip", showlegend=False
        )
    others = shown[~is_chosen & (shown["kind"] != "additive")]
    furthest = others.loc[others["interaction"].abs().sort_values(ascending=False).index]
    for rows, strong in ((_apart(furthest, shown, y).head(labelled), False), (ringed, True)):
        for gene, x, height in zip(rows["gene"], rows["additive"], rows[y], strict=True):
            write_name(figure, x, height, gene, strong=strong)


def _apart(rows: pd.DataFrame, shown: pd.DataFrame, y: str) -> pd.DataFrame:
    """Those rows, first come first served, whose names do not cover one another."""
    width = max(float(shown["additive"].max() - shown["additive"].min()), 1e-12)
    height = max(float(shown[y].max() - shown[y].min()), 1e-12)
    kept: list[int] = []
    places: list[tuple[float, float]] = []
    for row, (a, b) in enumerate(zip(rows["additive"] / width, rows[y] / height, strict=True)):
        if all(abs(a - a0) > 0.14 or abs(b - b0) > 0.05 for a0, b0 in places):
            kept.append(row)
            places.append((a, b))
    return rows.iloc[kept]
