"""What is drawn round on a map is found on the server by its outline alone."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path as Line

from xpert.plots.lasso import Outline, inside, outlines


def test_a_box_and_a_lasso_are_read_as_streamlit_sends_them():
    box = {"xref": "x", "yref": "y", "x": [3, 1], "y": [0, 2]}
    lasso = {"xref": "x", "yref": "y", "x": [0, 1, 1], "y": [0, 0, 1]}
    square, triangle = outlines({"box": [box], "lasso": [lasso], "points": []})
    assert square.window == (1, 3, 0, 2)
    assert triangle.x.tolist() == [0, 1, 1]


def test_what_encloses_nothing_is_no_outline():
    assert outlines({"lasso": [{"x": [0, 1], "y": [0, 1]}]}) == []
    assert outlines({"lasso": [{"x": [0, 1, None], "y": [0, 1, 2]}]}) == []
    assert outlines({"points": [{"customdata": [1]}]}) == []


def test_points_in_any_of_several_outlines_are_found():
    x, y = np.array([0.5, 2.5, 9.0]), np.array([0.5, 2.5, 9.0])
    first = Outline(np.array([0, 1, 1, 0.0]), np.array([0, 0, 1, 1.0]))
    second = Outline(np.array([2, 3, 3, 2.0]), np.array([2, 2, 3, 3.0]))
    assert inside(x, y, [first, second]).tolist() == [True, True, False]
    assert inside(x, y, []).tolist() == [False] * 3


@pytest.mark.parametrize("seed", range(5))
def test_a_crooked_line_encloses_what_matplotlib_says_it_does(seed):
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    radius = rng.uniform(0.3, 2.0, 60)
    line = Outline(radius * np.cos(angle), radius * np.sin(angle))
    points = rng.uniform(-2, 2, (3_000, 2))
    expected = Line(np.stack(line, axis=1)).contains_points(points)
    np.testing.assert_array_equal(inside(points[:, 0], points[:, 1], [line]), expected)


def test_a_line_that_crosses_itself_leaves_out_what_it_goes_round_twice():
    star = Outline(np.array([0, 2, -1.2, 1.2, -2]), np.array([2, -1.6, 0.6, 0.6, -1.6]))
    assert inside(np.array([0.0]), np.array([1.2]), [star]).tolist() == [True]
