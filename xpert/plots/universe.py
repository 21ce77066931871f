"""The Perturbverse as a map: one point per treatment and context, genes and compounds in one space."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from xpert.perturbation import Modality
from xpert.plots.labels import escaped, plain
from xpert.plots.palette import GREY, MODALITY_MARKS, OTHER, OTHER_MARK, SEQUENTIAL, marks
from xpert.plots.style import ZERO_LINE, styled, write_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

MOST_POINTS = 20_000
RING = "#CC79A7"
SKILL, MODALITY, MECHANISM = "expected_error", "modality", "mechanism"
COLORINGS = {MODALITY: "modality", MECHANISM: "mechanism", SKILL: "expected error"}


class Place(NamedTuple):
    """A point of the map that is no measured one."""

    label: str
    x: float
    y: float


def universe_map(
    points: pd.DataFrame,
    coloring: str,
    *,
    picked: int | None = None,
    neighbours: Sequence[int] = (),
    here: Place | None = None,
) -> go.Figure:
    """Draw the map, everything in WebGL: what is drawn otherwise would lie under the points.

    Parameters
    ----------
    points
        One row per point: ``x``, ``y``, ``treatment``, ``context``, ``modality``, ``mechanism``, ``expected_error``.
        Every selectable point carries its row number as ``customdata``.
    coloring
        One of `COLORINGS`.
    picked
        Row to ring, with lines to `neighbours`.
    neighbours
        Rows nearest to `picked` in the full latent space.
    here
        The reader's own prediction.

    Raises
    ------
    ValueError
        With more points than a browser draws smoothly.
    """
    if len(points) > MOST_POINTS:
        raise ValueError(f"{len(points)} points are more than the {MOST_POINTS} that one map can show")
    figure = go.Figure()
    if coloring == SKILL:
        _add_by_value(figure, points)
    else:
        _add_by_class(figure, points, points[coloring])
    figure.update_traces(marker_size=_marker_size(len(points)))
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
    styled(figure, x="UMAP 1", y="UMAP 2", height=640)
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden)
    return figure.update_layout(
        dragmode="pan",
        clickmode="event+select",
        hovermode="closest",
        legend={"y": -0.07, "yanchor": "top"},
    )


def kind_label(name: str) -> str:
    """A modality as people write it; any other name as it is."""
    return Modality(name).label if name in MODALITY_MARKS else name


def zoomed(figure: go.Figure, points: pd.DataFrame, row: int, *, share: float = 0.3) -> go.Figure:
    """Move the map so that `row` stands in the middle of a window of `share` of its width and height."""
    for axis, update in (("x", figure.update_xaxes), ("y", figure.update_yaxes)):
        half = float(points[axis].max() - points[axis].min()) * share / 2
        middle = float(points[axis][row])
        update(range=[middle - half, middle + half])
    return figure


def universe_alt(points: pd.DataFrame, coloring: str) -> str:
    """A sentence that says what the figure shows."""
    start = f"Map of {len(points):,} treatments, coloured by {COLORINGS[coloring]}"
    if coloring == SKILL:
        error = points[SKILL].dropna()
        return (
            f"{start}, from {error.min():.3g} to {error.max():.3g}."
            if len(error)
            else f"{start}: not measured."
        )
    top = points[coloring].fillna("not known").value_counts().head(4)
    return f"{start}: {', '.join(f'{n:,} {plain(kind_label(str(name)))}' for name, n in top.items())}."


def _marker_size(points: int) -> int:
    """Smaller marks for more points, in pixels."""
    return 11 if points < 300 else 7 if points < 1_500 else 5


def _add_by_class(figure: go.Figure, points: pd.DataFrame, classes: pd.Series) -> None:
    named = classes.fillna("").astype(str)
    # The grey rest comes first, so that it lies under the named classes.
    look = {OTHER: OTHER_MARK} | marks(named[named != ""].value_counts().index)
    drawn = named.where(named.isin(list(look)), OTHER)
    for name, mark in look.items():
        part = points[drawn == name]
        label = "other or not known" if name == OTHER else escaped(kind_label(name), longest=32)
        if len(part):
            _add_points(
                figure, part, {"color": mark.color, "symbol": mark.symbol}, f"{label} ({len(part):,})"
            )


def _add_by_value(figure: go.Figure, points: pd.DataFrame) -> None:
    known = points[SKILL].notna()
    if not known.all():
        _add_points(figure, points[~known], {"color": GREY, "symbol": "circle-open"}, "not measured")
    scale = {
        "color": points.loc[known, SKILL],
        "colorscale": list(SEQUENTIAL),
        "colorbar": {"title": {"text": "expected<br>error"}, "thickness": 12, "len": 0.6},
    }
    _add_points(figure, points[known], scale, "measured")
    figure.update_layout(showlegend=False)


def _add_points(figure: go.Figure, part: pd.DataFrame, marker: dict[str, object], name: str) -> None:
    # A list: an array would be sent packed, and a click would then bring back an object.
    rows = [[int(row)] for row in part.index]
    figure.add_scattergl(
        x=part["x"],
        y=part["y"],
        mode="markers",
        marker={"opacity": 0.8} | marker,
        customdata=rows,
        text=[
            f"<b>{escaped(t)}</b><br>{escaped(c)}"
            for t, c in zip(part["treatment"], part["context"], strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
        name=name,
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
