"""The reader's cells on the map that their file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import DIVERGING, GREY, OTHER, OTHER_MARK, PURPLE, UP, marks
from xpert.plots.point_map import Classes, Values, add_points, framed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats
    from xpert.plots.lasso import Outline
    from xpert.plots.raster import Window

# Low is grey and high is orange: both are seen on a light page and on a dark one.
ONE_SIDED = (GREY, "#C98A4B", UP)
_HIGHEST = 99  # percentile at which the scale of a gene ends


def by_label(codes: npt.NDArray[np.integer], names: Sequence[str]) -> Classes:
    """Colours for the most frequent labels, grey for the others.

    Parameters
    ----------
    codes
        Label of each cell, an index into `names`; -1 for none.
    names
        What the labels are called.
    """
    count = np.bincount(codes[codes >= 0], minlength=len(names))
    look = {OTHER: OTHER_MARK} | marks(names[i] for i in np.argsort(-count, kind="stable") if count[i])
    labels = np.array([name if name in look else OTHER for name in (*names, OTHER)], dtype=object)
    return Classes(labels[codes], look)


def by_expression(values: Floats, gene: str, unit: str) -> Values:
    """A scale for one gene: from nothing up, or even about zero where values fall below it."""
    title = f"{escaped(gene, longest=16)}<br>{escaped(unit, longest=24)}"
    end = float(np.nanpercentile(np.abs(values), _HIGHEST)) or float(np.nanmax(np.abs(values))) or 1.0
    if np.nanmin(values) < 0:
        return Values(values, title, DIVERGING, (-end, end))
    return Values(values, title, ONE_SIDED, (0.0, end))


def cell_map(
    place: Floats,
    paint: Classes | Values,
    treatments: Sequence[str],
    codes: npt.NDArray[np.integer],
    name: str,
    *,
    window: Window | None = None,
    drawn: Sequence[Outline] = (),
) -> go.Figure:
    """Draw the cells.

    Parameters
    ----------
    place
        Shape ``(cells, 2)``.
    paint
        Their colours.
    treatments
        What hovering over a cell says, each once.
    codes
        Treatment of each cell, an index into `treatments`; -1 for none.
    name
        Of the map, as in the file.
    window
        The part that is drawn; all of it where None.
    drawn
        Outlines of the selection.
    """
    said = np.array(
        [f"<b>{escaped(t)}</b>" for t in treatments] + ["no treatment that is used"], dtype=object
    )
    x, y = np.ascontiguousarray(place.T, dtype=np.float64)
    figure = add_points(go.Figure(), x, y, paint, lambda rows: said[codes[rows]], window=window)
    for outline in drawn:
        closed = [np.append(corners, corners[0]) for corners in outline]
        line = {"color": PURPLE, "width": 2, "dash": "dot"}
        kind = "scatter" if figure.layout.images else "scattergl"
        trace = {"type": kind, "x": closed[0], "y": closed[1], "mode": "lines", "line": line}
        figure.add_trace(trace | {"hoverinfo": "skip", "showlegend": False})
    title = escaped(name.removeprefix("X_"), longest=20)
    return framed(figure, f"{title} 1", f"{title} 2", height=620)


def cell_map_alt(cells: int, name: str, paint: Classes | Values) -> str:
    """A sentence that says what the figure shows."""
    if isinstance(paint, Values):
        values = paint.values
        what = plain(paint.title.replace("<br>", ", "))
        return f"{cells:,} cells on {plain(name)}, coloured by {what}: mean {np.nanmean(values):.3g}, highest {np.nanmax(values):.3g}."
    labels, count = np.unique(paint.labels.astype(str), return_counts=True)
    top = np.argsort(-count)[:4]
    said = ", ".join(f"{count[i]:,} {plain(labels[i])}" for i in top)
    return f"{cells:,} cells on {plain(name)}: {said}."
