"""Points are drawn by the browser as long as it can, and as a picture beyond that."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from xpert.plots.cells import ONE_SIDED, by_expression, by_label, cell_map, cell_map_alt
from xpert.plots.palette import DIVERGING, OTHER, SEQUENTIAL
from xpert.plots.point_map import LANDMARKS, MOST_POINTS, Values, add_points
from xpert.plots.raster import Window

MANY = MOST_POINTS + 1_000


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    return rng.normal(size=(MANY, 2)), rng.integers(0, 3, MANY)


def drawn(figure):
    return [trace for trace in figure.data if trace.customdata is not None]


def test_many_points_are_a_picture_with_landmarks_and_a_legend(many):
    place, codes = many
    figure = cell_map(place, by_label(codes, ["a", "b", "c"]), ["x", "y", "z"], codes, "X_umap")
    assert len(figure.layout.images) == 1
    (landmarks,) = drawn(figure)
    assert len(landmarks.x) == LANDMARKS
    assert landmarks.marker.opacity == 0
    row = landmarks.customdata[7][0]
    assert (landmarks.x[7], landmarks.text[7]) == (place[row, 0], f"<b>{'xyz'[codes[row]]}</b>")
    legend = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert sorted(legend) == [f"{name} ({(codes == i).sum():,})" for i, name in enumerate("abc")]


def test_few_points_are_drawn_one_by_one(many):
    place, codes = many[0][:500], many[1][:500]
    figure = cell_map(place, by_label(codes, ["a", "b", "c"]), ["x", "y", "z"], codes, "X_umap")
    assert not figure.layout.images
    assert sorted(r for t in drawn(figure) for (r,) in t.customdata) == list(range(500))
    assert figure.layout.xaxis.title.text == "umap 1"


def test_a_window_with_few_of_many_points_shows_each_of_them(many):
    place, codes = many
    window = Window(0.0, 0.3, 0.0, 0.3)
    figure = cell_map(
        place, by_label(codes, ["a", "b", "c"]), ["x", "y", "z"], codes, "X_umap", window=window
    )
    rows = sorted(r for t in drawn(figure) for (r,) in t.customdata)
    assert rows == np.flatnonzero(window.holds(*place.T)).tolist()
    assert figure.layout.yaxis.range == (0.0, 0.3)


def test_values_on_a_picture_keep_their_colour_bar(many):
    place, _codes = many
    paint = Values(place[:, 0], "up", SEQUENTIAL, (-1.0, 1.0))
    figure = add_points(go.Figure(), *place.T, paint, lambda rows: [str(r) for r in rows])
    (landmarks,) = drawn(figure)
    assert (landmarks.marker.cmin, landmarks.marker.cmax) == (-1.0, 1.0)
    assert landmarks.marker.colorbar.title.text == "up"


def test_labels_beyond_the_colours_are_one_grey_class():
    codes = np.repeat(np.arange(10), np.arange(10, 0, -1))
    paint = by_label(np.append(codes, -1), [f"t{i}" for i in range(10)])
    assert set(paint.look) == {OTHER, *(f"t{i}" for i in range(7))}
    assert paint.labels[-1] == OTHER
    assert (paint.labels == "t0").sum() == 10


def test_a_gene_is_shown_from_nothing_up_unless_it_falls_below():
    assert by_expression(np.array([0.0, 1.0]), "A", "u").scale == ONE_SIDED
    signed = by_expression(np.array([-2.0, 1.0]), "A", "u")
    assert signed.scale == DIVERGING
    assert signed.ends[0] == -signed.ends[1]


def test_the_sentence_says_how_many_cells_and_of_what():
    paint = by_label(np.array([0, 0, 1]), ["KLF1:ko", "control"])
    assert "3 cells on X_umap: 2 KLF1:ko, 1 control" in cell_map_alt(3, "X_umap", paint)
    shown = by_expression(np.array([0.0, 2.0]), "GATA1", "ln")
    assert "GATA1, ln: mean 1, highest 2" in cell_map_alt(2, "X_umap", shown)
