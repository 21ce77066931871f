"""Stated against observed coverage of intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpert.plots.palette import GREY, OKABE_ITO

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

MARKERS = "osD^vPX*"


def write_reliability(table: pd.DataFrame, path: Path) -> None:
    """A reliability diagram as SVG: on the line, an interval holds what it states.

    Parameters
    ----------
    table
        Columns ``task, subset, level, coverage``, the last two from 0 to 1.
    path
        Where the figure is written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 4.8))
    axes = figure.add_subplot()
    ends = [40, 100]
    axes.fill_between(ends, [e - 2 for e in ends], [e + 2 for e in ends], color=GREY, alpha=0.2, linewidth=0)
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle=":")
    for number, (key, part) in enumerate(table.groupby(["task", "subset"], sort=False)):
        colour, marker = OKABE_ITO[number % len(OKABE_ITO)], MARKERS[number % len(MARKERS)]
        label = " · ".join(str(name) for name in key if name != "all")
        axes.plot(
            100 * part["level"], 100 * part["coverage"], color=colour, marker=marker, linewidth=1, label=label
        )
    axes.set_xlabel("stated, % of gene values inside")
    axes.set_ylabel("observed on held-out conditions, %")
    axes.set_xticks((100 * table["level"]).round().unique().tolist())
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
    figure.tight_layout()
    with rc_context({"svg.hashsalt": "x-pert"}):  # the same figure gives the same file
        figure.savefig(path, format="svg", metadata={"Date": None})
