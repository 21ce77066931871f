"""The Perturbverse as a map: one point per treatment and context, genes and compounds in one space."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import plotly.graph_objects as go

from xpert.perturbation import Modality
from xpert.plots.labels import escaped, plain
from xpert.plots.palette import DIVERGING, MODALITY_MARKS, OTHER, OTHER_MARK, SEQUENTIAL, marks
from xpert.plots.point_map import MOST_POINTS, Classes, Values, add_points, framed, marker_size
from xpert.plots.raster import Window
from xpert.plots.style import ZERO_LINE, write_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from xpert.data.responses import Floats

__all__ = ["MOST_POINTS", "Window"]

RING = "#CC79A7"
SKILL, MODALITY, MECHANISM, CONTEXT = "expected_error", "modality", "mechanism", "context"
CONTEXTS, RESPONSE = "contexts", "response"
COLORINGS = {
    MODALITY: "modality",
    MECHANISM: "mechanism",
    CONTEXT: "context",
    CONTEXTS: "number of contexts",
    SKILL: "expected error",
    RESPONSE: "a gene's response",
}
_STRONGEST = 98  # percentile of the absolute response at which the scale ends


class Place(NamedTuple):
    """A point of the map that is no measured one."""

    label: str
    x: float
    y: float


class Response(NamedTuple):
    """How one gene answers each treatment of the map.

    Attributes
    ----------
    gene
        Its name.
    values
        Shift of the gene, one per point.
    unit
        Of the values.
    """

    gene: str
    values: Floats
    unit: str


def universe_map(
    points: pd.DataFrame,
    coloring: str,
    *,
    picked: int | None = None,
    neighbours: Sequence[int] = (),
    chosen: Sequence[int] = (),
    here: Place | None = None,
    response: Response | None = None,
    window: Window | None = None,
) -> go.Figure:
    """Draw the map, everything in WebGL: what is drawn otherwise would lie under the points.

    Parameters
    ----------
    points
        One row per point: ``x``, ``y``, ``treatment``, ``context``, ``contexts``, ``modality``, ``mechanism``,
        ``expected_error``. Every selectable point carries its row number as ``customdata``.
    coloring
        One of `COLORINGS`.
    picked
        Row to ring, with lines to `neighbours`.
    neighbours
        Rows nearest to `picked` in the full latent space.
    chosen
        Rows that were selected, each with a small ring.
    here
        The reader's own prediction.
    response
        Wanted for the coloring `RESPONSE`.
    window
        The part of the map to draw; all of it where None.
    """
    figure = go.Figure()
    x, y = (points[axis].to_numpy(dtype=float) for axis in ("x", "y"))
    paint = _paint(points, coloring, response)
    add_points(figure, x, y, paint, lambda rows: _hover(points, rows, paint), window=window)
    _add_chosen(figure, points, chosen)
    if picked is not None:
        _add_rings(figure, points, picked, neighbours)
    if here is not None:
        figure.add_scattergl(
            x=[here.x],
            y=[here.y],
            mode="markers",
            marker={"symbol": "star", "size": 18, "color": RING, "line": {"width": 1, "color": "white"}},
            name="your prediction",
        )
        write_name(figure, here.x, here.y, here.label, strong=True)
    return framed(figure, "UMAP 1", "UMAP 2")


def kind_label(name: str) -> str:
    """A modality as people write it; any other name as it is."""
    return Modality(name).label if name in MODALITY_MARKS else name


def zoomed(points: pd.DataFrame, row: int, *, share: float = 0.3) -> Window:
    """A window of `share` of the map's width and height with `row` in its middle."""
    sides = []
    for axis in ("x", "y"):
        half = float(points[axis].max() - points[axis].min()) * share / 2
        middle = float(points[axis][row])
        sides += [middle - half, middle + half]
    return Window(*sides)


def universe_alt(points: pd.DataFrame, coloring: str, response: Response | None = None) -> str:
    """A sentence that says what the figure shows."""
    start = f"Map of {len(points):,} treatments, coloured by {COLORINGS[coloring]}"
    paint = _paint(points, coloring, response)
    if isinstance(paint, Values):
        known = paint.values[np.isfinite(paint.values)]
        what = f" of {plain(response.gene)}, {response.unit}" if coloring == RESPONSE and response else ""
        if not len(known):
            return f"{start}{what}: not measured."
        return f"{start}{what}, from {known.min():.3g} to {known.max():.3g}."
    top = points[coloring].fillna("not known").value_counts().head(4)
    return f"{start}: {', '.join(f'{n:,} {plain(kind_label(str(name)))}' for name, n in top.items())}."


def context_counts(points: pd.DataFrame) -> Floats:
    """In how many contexts each treatment was measured."""
    counts: Floats = points[CONTEXTS].astype(str).str.count("; ").to_numpy(dtype=float) + 1.0
    return counts


def _paint(points: pd.DataFrame, coloring: str, response: Response | None) -> Classes | Values:
    if coloring == SKILL:
        return _one_sided(points[SKILL].to_numpy(dtype=float), "expected<br>error")
    if coloring == CONTEXTS:
        return _one_sided(context_counts(points), "contexts")
    if coloring == RESPONSE:
        if response is None:
            raise ValueError("a map of a gene's response needs the responses")
        values = np.asarray(response.values, dtype=float)
        end = float(np.nanpercentile(np.abs(values), _STRONGEST)) or 1.0
        title = f"{escaped(response.gene, longest=16)}<br>{escaped(response.unit, longest=24)}"
        return Values(values, title, DIVERGING, (-end, end))
    named = points[coloring].fillna("").astype(str)
    # The grey rest comes first, so that it lies under the named classes.
    look = {OTHER: OTHER_MARK} | marks(named[named != ""].value_counts().index)
    return Classes(named.where(named.isin(list(look)), OTHER).to_numpy(dtype=object), look, kind_label)


def _one_sided(values: Floats, title: str) -> Values:
    known = values[np.isfinite(values)]
    ends = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return Values(values, title, SEQUENTIAL, ends)


def _hover(points: pd.DataFrame, rows: np.ndarray, paint: Classes | Values) -> list[str]:
    part = points.iloc[rows]
    said = [
        f"<b>{escaped(t)}</b><br>{escaped(c)}"
        for t, c in zip(part["treatment"], part["context"], strict=True)
    ]
    if isinstance(paint, Values):
        return [
            f"{text}<br>{v:.3g}" if np.isfinite(v) else text
            for text, v in zip(said, paint.values[rows], strict=True)
        ]
    return said


def _add_chosen(figure: go.Figure, points: pd.DataFrame, chosen: Sequence[int]) -> None:
    if not len(chosen):
        return
    at = points.loc[list(chosen)[:MOST_POINTS]]
    ring = {
        "symbol": "circle-open",
        "size": marker_size(len(points)) + 4,
        "color": RING,
        "opacity": 0.55,
        "line": {"width": 1.2},
    }
    figure.add_scattergl(
        x=at["x"],
        y=at["y"],
        mode="markers",
        marker=ring,
        hoverinfo="skip",
        name=f"selected ({len(chosen):,})",
    )


def _add_rings(figure: go.Figure, points: pd.DataFrame, picked: int, neighbours: Sequence[int]) -> None:
    x, y = (float(points[axis][picked]) for axis in ("x", "y"))
    near = points.loc[[n for n in neighbours if n != picked]]
    edges_x = [value for end in near["x"] for value in (x, end, None)]
    edges_y = [value for end in near["y"] for value in (y, end, None)]
    quiet = {"hoverinfo": "skip", "showlegend": False}
    figure.add_scattergl(x=edges_x, y=edges_y, mode="lines", line={"color": ZERO_LINE, "width": 1.2}, **quiet)
    ring = {"symbol": "circle-open", "size": 20, "color": RING, "line": {"width": 3}}
    figure.add_scattergl(x=[x], y=[y], mode="markers", marker=ring, **quiet)
    write_name(figure, x, y, points["treatment"][picked], strong=True)
