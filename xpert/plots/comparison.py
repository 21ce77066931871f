"""Several predictions side by side: the genes that move most in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from xpert.plots.labels import plain
from xpert.plots.palette import DIVERGING
from xpert.plots.style import bars_height, name_axis

if TYPE_CHECKING:
    import pandas as pd

    from xpert.data.readout import Readout


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


def comparison(shifts: pd.DataFrame, readout: Readout, *, count: int = 25) -> alt.Chart:
    """Draw genes by treatments; white stands for no shift, and both ends are equally far from it.

    Parameters
    ----------
    shifts
        As for `strongest`.
    readout
        Unit of the shift.
    count
        How many genes.
    """
    genes = strongest(shifts, count)
    shown = shifts[shifts["gene"].isin(genes)].assign(
        gene=lambda t: t["gene"].map(plain), treatment=lambda t: t["treatment"].map(plain)
    )
    end = float(shown["delta"].abs().max()) or 1.0
    treatments = list(dict.fromkeys(shown["treatment"]))
    chart: alt.Chart = (
        alt.Chart(shown)
        .mark_rect(stroke="#80808030")
        .encode(
            x=alt.X(
                field="treatment",
                type="nominal",
                sort=treatments,
                title=None,
                axis=alt.Axis(orient="top", labelAngle=-20, labelLimit=240),
            ),
            y=alt.Y(
                field="gene",
                type="nominal",
                sort=[plain(g) for g in genes],
                title=None,
                axis=name_axis(),
            ),
            color=alt.Color(
                field="delta",
                type="quantitative",
                scale=alt.Scale(
                    domain=[-end, 0, end],
                    range=[DIVERGING[0], DIVERGING[2], DIVERGING[-1]],
                    interpolate="rgb",
                ),
                legend=alt.Legend(title=readout.delta_label, orient="right"),
            ),
            tooltip=[
                alt.Tooltip(field="gene", type="nominal"),
                alt.Tooltip(field="treatment", type="nominal"),
                alt.Tooltip(field="delta", type="quantitative", format="+.3f"),
            ],
        )
        .properties(height=bars_height(len(genes)))
    )
    return chart


def comparison_alt(shifts: pd.DataFrame) -> str:
    """A sentence that says what the figure shows."""
    treatments = [plain(t) for t in shifts["treatment"].unique()]
    first = strongest(shifts, 3)
    return f"Shifts of {', '.join(treatments)} side by side; the genes that move most are {', '.join(first)}."
