"""Where a score stands among the scores of random signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from xpert.plots.labels import escaped, plain
from xpert.plots.palette import GREY, PURPLE
from xpert.plots.style import styled

if TYPE_CHECKING:
    from xpert.data.responses import Floats

_BINS = 60


def null_distribution(null: Floats, score: float, name: str) -> go.Figure:
    """A histogram of the null with the score as a line.

    Parameters
    ----------
    null
        Scores of random signatures with one treatment, shape ``(draws,)``.
    score
        That of the query.
    name
        The treatment.
    """
    counts, edges = np.histogram(null, bins=_BINS)
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": GREY, "line": {"width": 0}},
        name="random signatures",
        hovertemplate="score %{x:.2f}: %{y} random signatures<extra></extra>",
    )
    figure.add_scatter(
        x=[score, score],
        y=[0, max(int(counts.max()), 1)],
        mode="lines",
        line={"color": PURPLE, "width": 3},
        name=f"yours with {escaped(name, longest=40)}: {score:.2f}",
        hoverinfo="skip",
    )
    return styled(figure, x="score: cosine with the response, −1 to 1", y="random signatures", height=320)


def null_alt(null: Floats, score: float, name: str) -> str:
    """A sentence that says what the figure shows."""
    below, above = np.quantile(null, [0.05, 0.95])
    return (
        f"Your signature scores {score:.2f} with {plain(name)}; nine in ten random signatures score from {below:.2f} to "
        f"{above:.2f}."
    )
