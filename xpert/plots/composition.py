"""What a dataset is made of: cells per condition and per context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from xpert.plots.labels import plain
from xpert.plots.palette import OKABE_ITO, marks
from xpert.plots.style import bars_height, name_axis

if TYPE_CHECKING:
    import pandas as pd


def cells_per_condition(counts: pd.DataFrame, *, top: int = 30) -> alt.Chart:
    """Draw a bar per treatment, the most cells first, coloured by context.

    Parameters
    ----------
    counts
        One row per condition: ``treatment``, ``context``, ``cells``, ``perturbations`` (how many it combines).
    top
        Treatments shown.
    """
    totals = counts.groupby("treatment", sort=False)["cells"].sum().nlargest(top)
    shown = counts[counts["treatment"].isin(totals.index)].assign(
        treatment=lambda t: t["treatment"].map(plain), context=lambda t: t["context"].map(plain)
    )
    order = [plain(t) for t in totals.index]
    contexts = list(marks(shown.groupby("context")["cells"].sum().sort_values(ascending=False).index))
    bars = alt.Chart(shown).mark_bar(height={"band": 0.72})
    chart: alt.Chart = bars.encode(
        x=alt.X(field="cells", type="quantitative", title="cells"),
        y=alt.Y(
            field="treatment",
            type="nominal",
            sort=order,
            title=None,
            axis=name_axis(limit=320),
        ),
        color=alt.Color(
            field="context",
            type="nominal",
            sort=contexts,
            scale=alt.Scale(range=list(OKABE_ITO)),
            legend=alt.Legend(title="context", orient="top", columns=3, labelLimit=150),
        ),
        tooltip=[
            alt.Tooltip(field="treatment", type="nominal"),
            alt.Tooltip(field="context", type="nominal"),
            alt.Tooltip(field="cells", type="quantitative", format=","),
        ],
    ).properties(height=bars_height(len(order)))
    return chart


def conditions_per_context(counts: pd.DataFrame) -> alt.Chart:
    """Draw a bar per context: how many treatments it holds, by how many perturbations they combine.

    Parameters
    ----------
    counts
        As for `cells_per_condition`.
    """
    kinds = {1: "single", 2: "double"}
    shown = counts.assign(
        kind=counts["perturbations"].map(lambda n: kinds.get(n, "three or more")),
        context=counts["context"].map(plain),
    )
    table = shown.groupby(["context", "kind"], as_index=False).agg(
        conditions=("cells", "size"), cells=("cells", "sum")
    )
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar(height={"band": 0.6})
        .encode(
            x=alt.X(
                field="conditions", type="quantitative", title="treatments", axis=alt.Axis(tickMinStep=1)
            ),
            y=alt.Y(
                field="context",
                type="nominal",
                sort="-x",
                title=None,
                axis=name_axis(),
            ),
            color=alt.Color(
                field="kind",
                type="nominal",
                scale=alt.Scale(domain=["single", "double", "three or more"], range=list(OKABE_ITO)),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[
                alt.Tooltip(field="context", type="nominal"),
                alt.Tooltip(field="kind", type="nominal"),
                alt.Tooltip(field="conditions", type="quantitative"),
                alt.Tooltip(field="cells", type="quantitative", format=","),
            ],
        )
        .properties(height=bars_height(table["context"].nunique(), row=34))
    )
    return chart


def composition_alt(counts: pd.DataFrame) -> str:
    """A sentence that says what both figures show."""
    if counts.empty:
        return "Composition: this dataset holds control cells only."
    ranked = counts.sort_values("cells", kind="stable")
    fewest, most = ranked.iloc[0], ranked.iloc[-1]
    combined = int((counts["perturbations"] > 1).sum())
    return (
        f"Composition: {len(counts)} conditions in {counts['context'].nunique()} contexts, {combined} of them "
        f"combinations; from {fewest['cells']:,} cells ({fewest['treatment']}) "
        f"to {most['cells']:,} ({most['treatment']})."
    )
