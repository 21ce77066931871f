"""What a shipped predictor gains over the best reference baseline, score by score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xpert.plots.palette import BLUE, GREY

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

ROW_INCHES = 0.26
# Percent, up to which the axis is linear.
NEAR = 10


def write_gains(gains: pd.DataFrame, path: Path) -> None:
    """A forest plot as SVG.

    Parameters
    ----------
    gains
        Columns ``label, gain, lower, upper``: the gain with its 95 % interval, in percent of the reference's
        own value.
    path
        Where the figure is written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.2 + ROW_INCHES * len(gains)))
    axes = figure.add_subplot()
    place = np.arange(len(gains))[::-1]
    sure = (gains["lower"] > 0) | (gains["upper"] < 0)
    colour = np.where(sure, BLUE, GREY).tolist()
    axes.axvline(0, color=GREY, linewidth=1)
    axes.hlines(place, gains["lower"], gains["upper"], colors=colour, linewidth=2)
    # Filled where the interval leaves zero out, so that colour does not say it alone.
    axes.scatter(
        gains["gain"], place, c=np.where(sure, BLUE, "white").tolist(), edgecolors=colour, s=26, zorder=3
    )
    axes.set_yticks(place, gains["label"].tolist(), fontsize=8)
    # Most gains are a few percent and some are manyfold: linear near zero, logarithmic beyond.
    axes.set_xscale("symlog", linthresh=NEAR)
    ticks = [-100, -10, -5, 0, 5, 10, 100, 1000]
    low, high = gains["lower"].min(), gains["upper"].max()
    axes.set_xticks([t for t in ticks if low - NEAR <= t <= high], minor=False)
    axes.xaxis.set_major_formatter("{x:+.0f}")
    axes.set_xlabel("gain over the best reference baseline, % of its value (95 % interval)")
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    with rc_context({"svg.hashsalt": "x-pert"}):  # the same figure gives the same file
        figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
