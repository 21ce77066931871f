"""The picture of many points: colours where they are, nothing where they are not, and every pixel in its place."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import plotly.graph_objects as go
from matplotlib.image import imread

from xpert.plots.palette import BLUE, GREY, ORANGE
from xpert.plots.raster import HEIGHT, WIDTH, Window, by_class, by_value, lay_under, png

WHOLE = Window(0.0, 1.0, 0.0, 1.0)


def rgb(color):
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]


def test_a_point_is_drawn_where_it_stands_and_nothing_elsewhere():
    pixels = by_class(np.array([0.25]), np.array([0.75]), np.array([0]), [BLUE], WHOLE)
    row, column = HEIGHT // 4, WIDTH // 4
    assert pixels[row, column, :3].tolist() == rgb(BLUE)
    assert pixels[row, column, 3] > 0
    assert (pixels[..., 3] > 0).sum() == 5


def test_classes_that_share_a_pixel_are_blended_by_their_numbers():
    at = np.full(4, 0.5)
    pixels = by_class(at, at, np.array([0, 0, 0, 1]), ["#000000", "#fefefe"], WHOLE)
    assert pixels[HEIGHT // 2, WIDTH // 2, :3].tolist() == [64, 64, 64]


def test_more_points_are_more_opaque():
    x = np.concatenate([np.full(1, 0.2), np.full(50, 0.8)])
    pixels = by_class(x, np.full(51, 0.5), np.zeros(51, dtype=int), [BLUE], WHOLE)
    one, many = (int(pixels[HEIGHT // 2, int(WIDTH * place), 3]) for place in (0.2, 0.8))
    assert 0 < one < many == 255


def test_a_value_takes_its_colour_from_the_scale_and_the_unknown_is_grey():
    x, y = np.array([0.1, 0.5, 0.9]), np.full(3, 0.5)
    pixels = by_value(x, y, np.array([0.0, 10.0, np.nan]), WHOLE, scale=[BLUE, ORANGE], ends=(0.0, 10.0))
    found = [pixels[HEIGHT // 2, int(WIDTH * place), :3].tolist() for place in (0.1, 0.5, 0.9)]
    assert found == [rgb(BLUE), rgb(ORANGE), rgb(GREY)]


def test_points_outside_the_window_are_left_out():
    pixels = by_class(np.array([2.0, -1.0]), np.array([0.5, 0.5]), np.zeros(2, dtype=int), [BLUE], WHOLE)
    assert not pixels.any()


def test_the_file_is_a_png_that_others_read():
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)
    np.testing.assert_array_equal(np.rint(imread(BytesIO(png(pixels))) * 255), pixels)


def test_the_picture_lies_under_the_axes_of_its_window():
    window = Window(-2.0, 3.0, 1.0, 4.0)
    figure = lay_under(go.Figure(), np.zeros((HEIGHT, WIDTH, 4), np.uint8), window)
    (image,) = figure.layout.images
    assert (image.x, image.y, image.sizex, image.sizey, image.layer) == (-2.0, 4.0, 5.0, 3.0, "below")
    assert figure.layout.xaxis.range == (-2.0, 3.0)
    assert base64.b64decode(image.source.split(",")[1]).startswith(b"\x89PNG")


def test_a_window_has_room_round_its_points_and_needs_none():
    window = Window.round(np.array([0.0, 10.0]), np.array([5.0, 5.0]))
    assert window.left < 0 < 10 < window.right
    assert window.bottom < 5 < window.top
    assert window.holds(np.array([0.0, 10.0]), np.array([5.0, 5.0])).all()
    assert Window.round(np.empty(0), np.empty(0)).left < 0
