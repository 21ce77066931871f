"""Genes by treatments: how each gene is predicted to move under several treatments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from xpert.plots.labels import plain
from xpert.plots.palette import DIVERGING
from xpert.plots.style import bars_height, name_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from xpert.data.readout import Readout

_CLEAR = "90 % interval leaves zero out"
_MARK = "#18222C"


def strongest(shifts: pd.DataFrame, count: int) -> list[str]:
    """The genes with the largest shift of either sign in any treatment, the largest first.

    Parameters
    ----------
    shifts
        One row per gene and treatment: ``gene``, ``treatment``, ``delta``.
    count
        How many genes.
    """
    largest = shifts.assign(size=shifts["delta"].abs()).groupby("gene", sort=False)["size"].max()
    return [str(gene) for gene in largest.nlargest(count).index]


def ordered(shifts: pd.DataFrame, genes: Sequence[str]) -> list[str]:
    """Genes so that those that move alike stand together (average linkage of their shifts)."""
    if len(genes) < 3:
        return list(genes)
    from scipy.cluster.hierarchy import leaves_list, linkage

    wide = shifts.pivot_table(index="gene", columns="treatment", values="delta", sort=False).loc[list(genes)]
    tree = linkage(np.nan_to_num(wide.to_numpy(float)), "average", optimal_ordering=True)
    return [str(genes[int(i)]) for i in leaves_list(tree)]


def treatment_heatmap(
    shifts: pd.DataFrame, readout: Readout, *, genes: Sequence[str] = (), count: int = 25
) -> alt.LayerChart:
    """Draw genes by treatments; the middle colour stands for no shift, and both ends are equally far from it.

    Parameters
    ----------
    shifts
        As for `strongest`; with ``lower`` and ``upper``, a dot marks where the interval leaves zero out.
    readout
        Unit of the shift.
    genes
        What to draw, in this order; without any, the genes that move most, those that move alike together.
    count
        How many genes then.
    """
    rows = list(genes) or ordered(shifts, strongest(shifts, count))
    shown = shifts[shifts["gene"].isin(rows)].assign(
        gene=lambda t: t["gene"].map(plain), treatment=lambda t: t["treatment"].map(plain)
    )
    shown = shown.assign(clear=_clear(shown))
    end = scale_end(shown["delta"])
    x = alt.X(
        field="treatment",
        type="nominal",
        sort=list(dict.fromkeys(shown["treatment"])),
        title=None,
        axis=alt.Axis(orient="top", labelAngle=-20, labelLimit=240),
    )
    y = alt.Y(field="gene", type="nominal", sort=[plain(g) for g in rows], title=None, axis=name_axis())
    base = alt.Chart(shown[["gene", "treatment", "delta", "clear"]]).encode(x=x, y=y)
    cells = base.mark_rect(stroke="#80808030").encode(
        color=alt.Color(
            field="delta",
            type="quantitative",
            scale=alt.Scale(
                domain=[-end, 0, end],
                range=[DIVERGING[0], DIVERGING[2], DIVERGING[-1]],
                interpolate="rgb",
                clamp=True,
            ),
            legend=alt.Legend(title=readout.delta_label, orient="right"),
        ),
        tooltip=[
            alt.Tooltip(field="gene", type="nominal"),
            alt.Tooltip(field="treatment", type="nominal"),
            alt.Tooltip(field="delta", type="quantitative", format="+.3f"),
            alt.Tooltip(field="clear", type="nominal", title=_CLEAR),
        ],
    )
    dots = base.transform_filter(alt.FieldEqualPredicate(field="clear", equal="yes")).mark_point(
        size=12, filled=True, color=_MARK, opacity=0.8
    )
    return alt.LayerChart(layer=[cells, dots]).properties(height=bars_height(len(rows)))


def scale_end(delta: pd.Series) -> float:
    """Where the colours end, the same distance up and down: a few far shifts must not make all others look alike.

    The largest shift, unless it is more than three times the size below which nine shifts of ten lie; then that size
    three times, and shifts beyond it have the last colour.
    """
    size = delta.abs()
    largest, usual = float(size.max()), float(size.quantile(0.9))
    return (min(largest, 3 * usual) if usual > 0 else largest) or 1.0


def treatment_heatmap_alt(shifts: pd.DataFrame, *, genes: Sequence[str] = ()) -> str:
    """A sentence that says what the figure shows."""
    treatments = [plain(t) for t in shifts["treatment"].unique()]
    among = shifts[shifts["gene"].isin(list(genes))] if genes else shifts
    first = strongest(among, 3)
    return f"Shifts of {', '.join(treatments)} side by side; the genes that move most are {', '.join(first)}."


def _clear(shifts: pd.DataFrame) -> Sequence[str]:
    if not {"lower", "upper"} <= set(shifts.columns):
        return ["not told"] * len(shifts)
    leaves_out = (shifts["lower"] > 0) | (shifts["upper"] < 0)
    return ["yes" if clear else "no" for clear in leaves_out]
