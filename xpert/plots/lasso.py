"""Which points lie within what was drawn round them, found on the server: a browser sends the outline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from xpert.data.responses import Floats

MOST_CORNERS = 20_000


class Outline(NamedTuple):
    """A closed line on the map, its last corner joined to its first."""

    x: Floats
    y: Floats

    @property
    def window(self) -> tuple[float, float, float, float]:
        """The smallest upright rectangle round it: left, right, bottom, top."""
        return float(self.x.min()), float(self.x.max()), float(self.y.min()), float(self.y.max())


def outlines(selection: Mapping[str, Any]) -> list[Outline]:
    """Boxes and lassos of a Plotly selection as Streamlit gives it.

    Parameters
    ----------
    selection
        With ``box`` (two opposite corners) and ``lasso`` (all corners), each a list of ``{"x": [...], "y": [...]}``.
    """
    found = []
    for box in selection.get("box", ()):
        (left, right), (bottom, top) = sorted(box["x"][:2]), sorted(box["y"][:2])
        found.append(_outline([left, right, right, left], [bottom, bottom, top, top]))
    found += [_outline(lasso["x"], lasso["y"]) for lasso in selection.get("lasso", ())]
    return [outline for outline in found if outline is not None]


def inside(x: Floats, y: Floats, drawn: Sequence[Outline]) -> npt.NDArray[np.bool_]:
    """Whether each point lies inside any of the outlines, shape ``(points,)``.

    A point is inside where a line from it to the right crosses the outline an odd number of times. The points are
    sorted by height once, so that each edge is compared with those alone that lie as high as it.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    order = np.argsort(y, kind="stable")
    hit = np.zeros(len(x), dtype=bool)
    for outline in drawn:
        hit[order] |= _odd_crossings(x[order], y[order], outline)
    return hit


def _odd_crossings(x: Floats, y: Floats, outline: Outline) -> npt.NDArray[np.bool_]:
    """The same for points of ascending `y` and one outline."""
    odd = np.zeros(len(x), dtype=bool)
    ends_x, ends_y = np.roll(outline.x, -1), np.roll(outline.y, -1)
    for x0, y0, x1, y1 in zip(outline.x, outline.y, ends_x, ends_y, strict=True):
        low, high = np.searchsorted(y, [min(y0, y1), max(y0, y1)], side="left")
        if low < high:
            part = slice(low, high)
            odd[part] ^= x[part] < x0 + (y[part] - y0) * (x1 - x0) / (y1 - y0)
    return odd


def _outline(x: Sequence[float], y: Sequence[float]) -> Outline | None:
    """None for what encloses nothing."""
    corners_x, corners_y = (np.asarray(values, dtype=np.float64)[:MOST_CORNERS] for values in (x, y))
    usable = len(corners_x) == len(corners_y) >= 3 and bool(np.isfinite(corners_x + corners_y).all())
    return Outline(corners_x, corners_y) if usable else None
