"""A map of more points than a browser can draw: a picture made here, under the axes of a Plotly figure.

A pixel's colour is the mean of the points that fall on it, its opacity says how many they are, and where there are
none it is clear: the picture stands on a light page and on a dark one.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from xpert.plots.palette import GREY

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import plotly.graph_objects as go

    from xpert.data.responses import Floats

    Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 960, 720
_FAINTEST = 0.4
_MARGIN = 0.03
_SHADES = 256


class Window(NamedTuple):
    """The part of the map that is drawn."""

    left: float
    right: float
    bottom: float
    top: float

    @classmethod
    def round(cls, x: Floats, y: Floats) -> Self:
        """A window with a narrow margin round some points."""
        sides = []
        for values in (x, y):
            low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
            margin = max((high - low) * _MARGIN, 1e-9)
            sides += [low - margin, high + margin]
        return cls(*sides)

    def holds(self, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
        """Which points lie in it."""
        across, along = (x >= self.left) & (x < self.right), (y >= self.bottom) & (y < self.top)
        return across & along


def by_class(
    x: Floats, y: Floats, codes: npt.NDArray[np.integer], colors: Sequence[str], window: Window
) -> Pixels:
    """Colours of classes, blended where they share a pixel, shape ``(HEIGHT, WIDTH, 4)``.

    Parameters
    ----------
    x, y
        Where the points stand, shape ``(points,)``.
    codes
        Class of each point, an index into `colors`, same shape.
    colors
        As ``#rrggbb``.
    window
        What is drawn.
    """
    table = np.array([_rgb(color) for color in colors], dtype=np.float32)
    seen = _seen(x, y, window)
    everyone = seen.sums()
    channels = [seen.sums(table[:, channel][codes]) for channel in range(3)]
    shades = np.stack(channels, axis=2) / np.maximum(everyone, 1)[..., None]
    return _picture(shades.astype(np.float32), everyone)


def by_value(
    x: Floats, y: Floats, values: Floats, window: Window, *, scale: Sequence[str], ends: tuple[float, float]
) -> Pixels:
    """The mean value of each pixel's points on a colour scale; grey where no value is known.

    Parameters
    ----------
    x, y, values
        Shape ``(points,)``; values may be NaN.
    scale
        Colours from the lower end to the upper one, as ``#rrggbb``.
    ends
        Values at which the scale begins and ends; what lies beyond takes the colour of the end.
    window
        What is drawn.
    """
    known, seen = np.isfinite(values), _seen(x, y, window)
    total, number = seen.sums(np.where(known, values, 0.0)), seen.sums(known)
    mean = np.divide(total, number, out=np.zeros_like(total), where=number > 0)
    low, high = ends
    share = np.clip((mean - low) / ((high - low) or 1.0), 0.0, 1.0)
    shades = _shades(scale)[np.rint(share * (_SHADES - 1)).astype(np.intp)]
    shades[number == 0] = _rgb(GREY)
    return _picture(shades, seen.sums())


class _Seen(NamedTuple):
    """The points of a window, each with its pixel, row by row from the top."""

    pixel: npt.NDArray[np.int64]
    point: npt.NDArray[np.int64]

    def sums(self, weights: npt.NDArray[Any] | None = None) -> npt.NDArray[np.float32]:
        """Sum of a weight of each point (their number without one) by pixel, shape ``(HEIGHT, WIDTH)``.

        Each point is drawn on its pixel and the four beside it, so that a lonely one can be seen.
        """
        weight = None if weights is None else weights[self.point]
        flat = np.bincount(self.pixel, weights=weight, minlength=WIDTH * HEIGHT)
        grid = flat.reshape(HEIGHT, WIDTH).astype(np.float32)
        wide = grid.copy()
        wide[1:] += grid[:-1]
        wide[:-1] += grid[1:]
        wide[:, 1:] += grid[:, :-1]
        wide[:, :-1] += grid[:, 1:]
        return wide


def _seen(x: Floats, y: Floats, window: Window) -> _Seen:
    point = np.flatnonzero(window.holds(x, y))
    column = ((x[point] - window.left) / (window.right - window.left) * WIDTH).astype(np.int64)
    row = ((window.top - y[point]) / (window.top - window.bottom) * HEIGHT).astype(np.int64)
    return _Seen(np.clip(row, 0, HEIGHT - 1) * WIDTH + np.clip(column, 0, WIDTH - 1), point)


def _picture(shades: npt.NDArray[np.float32], everyone: npt.NDArray[np.float32]) -> Pixels:
    """Colours with an opacity that rises with the logarithm of the number of points."""
    drawn = everyone > 0
    many = float(np.log1p(np.percentile(everyone[drawn], 95))) if drawn.any() else 1.0
    opacity = np.clip(_FAINTEST + (1 - _FAINTEST) * np.log1p(everyone) / max(many, 1e-9), 0.0, 1.0)
    pixels = np.empty((HEIGHT, WIDTH, 4), dtype=np.uint8)
    pixels[..., :3] = np.rint(shades)
    pixels[..., 3] = np.where(drawn, np.rint(opacity * 255), 0)
    pixels[~drawn] = 0
    return pixels


def png(pixels: Pixels) -> bytes:
    """Pixels with opacity as the bytes of a PNG file."""
    height, width, _ = pixels.shape
    # Each row begins with the number of its filter; 0 is none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 4)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def lay_under(figure: go.Figure, pixels: Pixels, window: Window) -> go.Figure:
    """Put a picture under the points of `figure`, and set its axes to the window."""
    source = "data:image/png;base64," + base64.b64encode(png(pixels)).decode()
    figure.add_layout_image(
        source=source,
        xref="x",
        yref="y",
        x=window.left,
        y=window.top,
        sizex=window.right - window.left,
        sizey=window.top - window.bottom,
        sizing="stretch",
        layer="below",
    )
    figure.update_xaxes(range=[window.left, window.right])
    figure.update_yaxes(range=[window.bottom, window.top])
    return figure


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _shades(scale: Sequence[str]) -> npt.NDArray[np.float32]:
    """A scale in steps, shape ``(_SHADES, 3)``."""
    stops = np.array([_rgb(color) for color in scale], dtype=np.float32)
    at = np.linspace(0, len(stops) - 1, _SHADES)
    steps = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.stack(steps, axis=1).astype(np.float32)
