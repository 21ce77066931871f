"""Points of a map in colours: each one drawn by the browser up to 20,000, and a picture of them beyond that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xpert.plots.labels import escaped
from xpert.plots.palette import GREY, OTHER, Mark
from xpert.plots.raster import Window, by_class, by_value, lay_under
from xpert.plots.style import styled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt
    import plotly.graph_objects as go

    from xpert.data.responses import Floats

    Rows = npt.NDArray[np.integer]

MOST_POINTS = 20_000
LANDMARKS = 2_000


@dataclass(frozen=True, eq=False)
class Classes:
    """One colour and shape for each class.

    Attributes
    ----------
    labels
        Class of each point, shape ``(points,)``; a key of `look`.
    look
        Mark of each class, in the order in which they are drawn and listed.
    written
        What the legend calls a class; it is escaped later.
    """

    labels: npt.NDArray[Any]
    look: Mapping[str, Mark]
    written: Callable[[str], str] = str

    def legend(self, name: str, count: int) -> str:
        """A line of the legend."""
        label = "other or not known" if name == OTHER else escaped(self.written(name), longest=32)
        return f"{label} ({count:,})"


@dataclass(frozen=True, eq=False)
class Values:
    """A number for each point on a scale.

    Attributes
    ----------
    values
        Shape ``(points,)``; NaN where it is not known.
    title
        What the numbers are, with their unit, for the colour bar.
    scale
        Colours from the lower end to the upper one.
    ends
        Values at which the scale begins and ends.
    """

    values: Floats
    title: str
    scale: Sequence[str]
    ends: tuple[float, float]


def add_points(
    figure: go.Figure,
    x: Floats,
    y: Floats,
    paint: Classes | Values,
    text: Callable[[Rows], Iterable[str]],
    *,
    window: Window | None = None,
) -> go.Figure:
    """Draw points in WebGL, or as a picture where they are more than `MOST_POINTS`.

    Every point that a browser draws carries its row number as ``customdata``. On a picture up to `LANDMARKS` points,
    evenly taken, are there unseen, to be hovered over; what is drawn round is found on the server by its outline.

    Parameters
    ----------
    figure
        Changed in place.
    x, y
        Shape ``(points,)``.
    paint
        Their colours.
    text
        What hovering over some rows says; markup, so names in it are escaped.
    window
        The part of the map that is drawn; all of it where None.
    """
    rows = np.arange(len(x)) if window is None else np.flatnonzero(window.holds(x, y))
    if len(rows) <= MOST_POINTS:
        parts = _class_parts(paint, rows) if isinstance(paint, Classes) else _value_parts(paint, rows)
        for name, part, marker in parts:
            look = {"opacity": 0.8, "size": marker_size(len(rows))} | marker
            _add(figure, x, y, part, name=name, marker=look, text=text)
        if window is not None:
            figure.update_xaxes(range=[window.left, window.right])
            figure.update_yaxes(range=[window.bottom, window.top])
    else:
        _add_picture(figure, x, y, rows, paint=paint, text=text, window=window or Window.round(x, y))
    if isinstance(paint, Values):
        figure.update_layout(showlegend=False)
    return figure


def framed(figure: go.Figure, x: str, y: str, *, height: int = 640) -> go.Figure:
    """A map's frame: nameless axes, dragging moves it, and a legend under it."""
    styled(figure, x=x, y=y, height=height)
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden)
    return figure.update_layout(
        dragmode="pan",
        clickmode="event+select",
        hovermode="closest",
        legend={"y": -0.07, "yanchor": "top"},
    )


def marker_size(points: int) -> int:
    """Smaller marks for more points, in pixels."""
    return 11 if points < 300 else 7 if points < 1_500 else 5 if points < 6_000 else 3


Part = tuple[str, "Rows", dict[str, Any]]


def _class_parts(paint: Classes, rows: Rows) -> list[Part]:
    labels = paint.labels[rows]
    parts = []
    for name, mark in paint.look.items():
        part = rows[labels == name]
        if len(part):
            parts.append((paint.legend(name, len(part)), part, {"color": mark.color, "symbol": mark.symbol}))
    return parts


def _value_parts(paint: Values, rows: Rows) -> list[Part]:
    known = np.isfinite(paint.values[rows])
    parts: list[Part] = []
    if not known.all():
        parts.append(("not measured", rows[~known], {"color": GREY, "symbol": "circle-open"}))
    # Those far from the middle of the scale lie on top.
    middle = sum(paint.ends) / 2 if paint.ends[0] < 0 else paint.ends[0]
    order = np.argsort(np.abs(paint.values[rows[known]] - middle), kind="stable")
    part = rows[known][order]
    parts.append(("measured", part, _colors(paint, part)))
    return parts


def _colors(paint: Values, part: Rows) -> dict[str, Any]:
    return {
        "color": paint.values[part],
        "colorscale": list(paint.scale),
        "cmin": paint.ends[0],
        "cmax": paint.ends[1],
        "colorbar": {"title": {"text": paint.title}, "thickness": 12, "len": 0.6},
    }


def _add(
    figure: go.Figure,
    x: Floats,
    y: Floats,
    part: Rows,
    *,
    name: str,
    marker: dict[str, Any],
    text: Callable[[Rows], Iterable[str]],
    kind: str = "scattergl",
) -> None:
    figure.add_trace(
        {
            "type": kind,
            "x": x[part],
            "y": y[part],
            "mode": "markers",
            "marker": marker,
            # A list: an array would be sent packed, and a click would then bring back an object.
            "customdata": [[int(row)] for row in part],
            "text": list(text(part)),
            "hovertemplate": "%{text}<extra></extra>",
            "name": name,
        }
    )


def _add_picture(
    figure: go.Figure,
    x: Floats,
    y: Floats,
    rows: Rows,
    *,
    paint: Classes | Values,
    text: Callable[[Rows], Iterable[str]],
    window: Window,
) -> None:
    landmarks = rows[np.unique(np.linspace(0, len(rows) - 1, LANDMARKS).astype(np.intp))]
    if isinstance(paint, Classes):
        names = list(paint.look)
        code = {name: place for place, name in enumerate(names)}
        codes = np.array([code[label] for label in paint.labels.tolist()], dtype=np.intp)
        pixels = by_class(x, y, codes, [mark.color for mark in paint.look.values()], window)
        for name, count in zip(names, np.bincount(codes[rows], minlength=len(names)), strict=True):
            if count:
                entry = {"color": paint.look[name].color, "size": 10}
                figure.add_scatter(
                    x=[None], y=[None], mode="markers", marker=entry, name=paint.legend(name, int(count))
                )
        unseen: dict[str, Any] = {"opacity": 0, "size": 8}
    else:
        pixels = by_value(x, y, paint.values, window, scale=paint.scale, ends=paint.ends)
        unseen = {"opacity": 0, "size": 8} | _colors(paint, landmarks)
    lay_under(figure, pixels, window)
    # Without WebGL, which takes long to begin where there is no graphics card.
    _add(figure, x, y, landmarks, name="landmarks", marker=unseen, text=text, kind="scatter")
    figure.update_traces(showlegend=False, selector={"name": "landmarks"})
