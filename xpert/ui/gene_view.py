"""Volcano and gene table as one: a choice in either shows in the other, and in the figures under them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st

from xpert.plots.agreement import agreement
from xpert.plots.labels import plain
from xpert.plots.ranked import ranked_alt, ranked_bars
from xpert.plots.volcano import volcano, volcano_alt
from xpert.ui import cells_view, figures, gene_pick, heatmap_view, python_view, session
from xpert.ui.frame import fragment, guarded
from xpert.ui.observed import IN_FILE, Observed, scores
from xpert.ui.snippet import Part
from xpert.ui.tables import GENE_ORDER, gene_columns, gene_table
from xpert.ui.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from xpert.model.bundle import Bundle
    from xpert.prediction.prediction import Prediction
    from xpert.ui.plan import Plan

_MOST_CHOSEN = 12
_HEIGHT = 500


@dataclass(frozen=True, eq=False)
class View:
    """Everything that the figures of one prediction need, and those predicted beside it."""

    plan: Plan
    prediction: Prediction
    bundle: Bundle
    observed: Observed | None
    beside: Sequence[Prediction] = ()

    @property
    def place(self) -> int:
        """Of the shown prediction among those of the plan."""
        return next((i for i, other in enumerate(self.beside) if other is self.prediction), 0)

    @property
    def key(self) -> str:
        """A name for this view's controls that no other view has."""
        text = f"{self.plan}|{self.prediction.treatment}"
        return sha256(text.encode()).hexdigest()[:12]

    @property
    def genes_key(self) -> str:
        """A name for the genes asked for, which stay while the treatments of a plan are looked at in turn."""
        return sha256(str(self.plan).encode()).hexdigest()[:12]

    def rows_key(self, genes: Iterable[str]) -> str:
        """A name for the rows picked among some genes: other genes start without any."""
        return f"genes {self.key} {sha256(' '.join(genes).encode()).hexdigest()[:8]}"


@fragment
def draw(view: View) -> None:
    """Draw the figures and the table of one prediction."""
    table = gene_table(view.prediction, view.observed)
    figure, genes = st.columns([11, 10], gap="medium")
    with genes:
        shown = _searched(table, view)
        rows_key = view.rows_key(shown["gene"])
        chosen = _chosen(shown, table, rows_key)
        _draw_table(shown, rows_key, view)
    with figure:
        _draw_volcano(table, chosen, view)
    ranked, below = st.columns([11, 10], gap="medium")
    with ranked:
        _draw_ranked(table, view)
    with below:
        cells_view.draw(view.plan, view.prediction, chosen or list(table["gene"][:4]), view.place)
    if len(view.beside) > 1:
        heatmap_view.draw(view.beside, gene_pick.chosen(view.genes_key) or chosen)
        python_view.draw(view.plan, Part.SIDE_BY_SIDE, view.place)
    if view.observed is not None:
        _draw_observed(table, chosen, view)


def _searched(table: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows that the search or a selection in the volcano asks for; all of them without either."""
    picked = f"picked {view.key}"
    gene_pick.draw(view.genes_key, list(table["gene"]))
    wanted = {*gene_pick.chosen(view.genes_key), *session.value(picked, [])}
    if not wanted:
        return table
    with st.container(horizontal=True, vertical_alignment="center"):
        pasted = gene_pick.label(view.genes_key)
        st.caption(
            f"Showing {counted(len(wanted), 'gene')} of {len(table):,}{f', {pasted}' if pasted else ''}"
        )
        st.button(
            "Show all",
            icon=":material/close:",
            type="tertiary",
            on_click=_clear,
            args=(view.genes_key, picked),
        )
    return table[table["gene"].isin(wanted)].reset_index(drop=True)


@guarded
def _take_from_volcano(chart: str, picked: str) -> None:
    """Keep what was picked: ringing it makes another figure, which starts without a selection."""
    points = session.value(chart)["selection"]["points"]
    session.put(picked, list(dict.fromkeys(p["customdata"][0] for p in points if p.get("customdata"))))


@guarded
def _clear(genes_key: str, picked: str) -> None:
    gene_pick.clear(genes_key)
    session.put(picked, [])


def _chosen(shown: pd.DataFrame, table: pd.DataFrame, rows_key: str) -> list[str]:
    """Genes picked in the table; without any, those that the table is narrowed down to."""
    event = session.value(rows_key)
    rows = [r for r in (event["selection"]["rows"] if event else []) if r < len(shown)]
    narrowed = list(shown["gene"]) if len(shown) < len(table) else []
    return (list(shown["gene"].iloc[rows]) or narrowed)[:_MOST_CHOSEN]


def _draw_table(shown: pd.DataFrame, key: str, view: View) -> None:
    st.dataframe(
        shown,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        lazy=False,
        height=_HEIGHT - 90,
        column_config=gene_columns(view.prediction),
        column_order=[name for name in GENE_ORDER if name in shown],
        alt=f"Gene table of {plain(view.prediction.treatment)}: {len(shown)} genes, the largest shift first.",
    )


def _draw_volcano(table: pd.DataFrame, chosen: list[str], view: View) -> None:
    treatment, key = plain(view.prediction.treatment), f"volcano {view.key}"
    figures.plotly(
        volcano(table, view.prediction.readout, chosen=chosen).update_layout(height=_HEIGHT),
        "xpert-volcano",
        words=volcano_alt(table, treatment),
        about=view.prediction,
        key=key,
        on_select=partial(_take_from_volcano, key, f"picked {view.key}"),
        selection_mode=("points", "box", "lasso"),
    )
    st.caption(
        "Each point is a gene. A model has no p value: the height is the size of the shift beside its own 90 % "
        "interval. Click a point, or draw round several with the lasso, to see them in the table; pick rows of "
        "the table to ring them here."
    )
    python_view.draw(view.plan, Part.TABLE, view.place)


def _draw_ranked(table: pd.DataFrame, view: View) -> None:
    st.subheader("Most moved genes")
    count = st.slider("Genes in each direction", 5, 40, 12, key=f"count {view.key}")
    figures.chart(
        ranked_bars(table, view.prediction.readout, count=count),
        "xpert-most-moved",
        words=ranked_alt(table, plain(view.prediction.treatment), count=count),
        about=view.prediction,
    )


def _draw_observed(table: pd.DataFrame, chosen: list[str], view: View) -> None:
    measured = view.observed
    assert measured is not None
    st.subheader("Predicted and observed")
    st.caption(
        f"Measured in {measured.source}, {counted(measured.cells, 'cell or array', 'cells or arrays')}."
    )
    if measured.in_training:
        st.warning(
            "The model has learned from this very condition: agreement here is no test of it. "
            "Its skill on held-out treatments stands above.",
            icon=":material/school:",
        )
    figure, numbers = st.columns([11, 10], gap="medium")
    compared = scores(view.prediction, measured, view.bundle)
    number = st.column_config.NumberColumn
    with numbers:
        st.dataframe(
            compared,
            hide_index=True,
            column_config={
                "predictor": "Predicted by",
                "pearson": number(
                    "Pearson r", format="%.3f", help="Over genes, of the shifts; higher is better"
                ),
                "l2": number("L2 distance", format="%.3f", help="Over genes, of the shifts; lower is better"),
            },
            alt="Agreement with the observation, beside two simple baselines.",
        )
        part = Part.MEASURED if measured.source == IN_FILE else Part.LEARNED
        python_view.draw(view.plan, part, view.place)
    with figure:
        first = compared.iloc[0]
        figures.plotly(
            agreement(table, view.prediction.readout, chosen=chosen),
            "xpert-agreement",
            words=f"Predicted against observed shift of every gene: Pearson r {first['pearson']:.2f}.",
            about=view.prediction,
            key=f"agreement {view.key}",
        )
