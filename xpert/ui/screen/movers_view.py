"""The reverse look-up: a gene or a set, and the measured perturbations that move it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.data.gene_list import words
from xpert.plots.labels import plain
from xpert.plots.score_bars import score_bars, score_bars_alt
from xpert.ui import figures, load, session
from xpert.ui.files import table_buttons
from xpert.ui.frame import fragment, guarded
from xpert.ui.links import predict_link
from xpert.ui.screen.asked import movers_lines
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.data.responses import Floats
    from xpert.design.movers import Movers
    from xpert.model.bundle import Bundle

MODEL, GENES, PASTED, CONTEXTS = "movers model", "movers genes", "movers pasted", "movers contexts"
_BARS, _MOST_GENES = 20, 500


@fragment
def draw() -> None:
    """Draw the controls, and the table as soon as a gene is named."""
    infos = load.bundle_infos()
    if not session.has(MODEL):
        session.put(MODEL, session.value("screen model") or infos[0].name)
    model, genes, contexts = st.columns([2, 5, 4])
    model.selectbox("Model", [i.name for i in infos], key=MODEL, on_change=_model_changed)
    bundle = load.bundle(session.value(MODEL))
    typed = genes.multiselect(
        "Gene, or several as a set",
        sorted(bundle.genes),
        key=GENES,
        accept_new_options=True,
        select_all=False,
        max_selections=_MOST_GENES,
        placeholder=f"Type one of {len(bundle.genes):,} genes, an alias or an Ensembl id",
    )
    contexts.multiselect(
        "Contexts",
        list(bundle.contexts),
        key=CONTEXTS,
        format_func=plain,
        placeholder="All of them",
        select_all=False,
    )
    pasted = st.text_area(
        "Or paste a set of genes",
        key=PASTED,
        height=68,
        max_chars=100_000,
        placeholder="apart by lines, commas or spaces",
    )
    names = list(dict.fromkeys([*typed, *words(pasted or "")]))
    if not names:
        st.info(
            "Name a gene: every measured perturbation is put in order by how far it moved it.",
            icon=":material/touch_app:",
        )
        return
    _draw_found(bundle, names, list(session.value(CONTEXTS) or ()))


@guarded
def _model_changed() -> None:
    """The other model measures other genes in other contexts."""
    for key in (GENES, CONTEXTS):
        session.drop(key)


@st.cache_resource(show_spinner="Asking the model about everything that it has measured …", max_entries=8)
def _predicted(model: str) -> Floats:
    """What a model gives for every condition that it was trained on; the same for every reader."""
    from xpert.design.movers import training_shift

    return training_shift(load.bundle(model))


def _draw_found(bundle: Bundle, names: list[str], contexts: list[str]) -> None:
    from xpert.design.movers import movers

    found = movers(bundle, names, contexts, predicted=_predicted(bundle.name))
    for sentence in found.objective.sentences[1:]:
        st.caption(escaped(sentence, longest=700))
    what = found.genes[0] if len(found.genes) == 1 else f"mean of {len(found.genes)} genes"
    unit = f"{bundle.readout.delta_label}, {what}"
    bars, table = st.columns([9, 13], gap="medium")
    with bars:
        several = found.table["context"].nunique() > 1
        top = found.table.head(_BARS)
        drawn = top.assign(
            name=top["treatment"] + (" · " + top["context"] if several else ""),
            value=top["measured"],
            measured=top["predicted"],
            lower=float("nan"),
            upper=float("nan"),
            is_measured=True,
        )
        figures.chart(
            score_bars(drawn, unit, measured="predicted"),
            "xpert-movers",
            words=score_bars_alt(drawn, f"measured shift of {what}"),
            about=f"Measured treatments that move {what} most: {bundle.name}",
        )
        st.caption("Bars are measured; a diamond is what the model gives for the same treatment.")
    with table:
        _draw_table(found, unit)
    _draw_files(found, names, contexts)


def _draw_table(found: Movers, unit: str) -> None:
    number = st.column_config.NumberColumn
    shown = found.table
    event = st.dataframe(
        shown,
        key=f"movers table {found.model} {len(shown)} {found.genes[:3]}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=520,
        lazy=False,
        column_config={
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "context": "Context",
            "measured": number("Measured", format="%+.3f", help=plain(unit, longest=90)),
            "usual": number(
                "In usual shifts", format="%+.2f", help="1: as far as perturbations usually move it"
            ),
            "predicted": number(
                "Predicted", format="%+.3f", help="What the model gives for the same treatment"
            ),
            "reliability": number(
                "Reliability", format="%.2f", help="Correlation of two halves of its cells, all genes"
            ),
            "cells": number("Cells", help="Cells or arrays behind the measurement"),
            "share": number(
                "Further than",
                format="percent",
                help="Share of the context's treatments that moved it no further",
            ),
            "mechanism": "Mechanism",
        },
        column_order=[c for c in shown.columns if shown[c].replace("", None).notna().any()],
        alt=f"Measured treatments by how far they moved the genes: {', '.join(map(plain, shown['treatment'].head(5)))}",
    )
    rows = event["selection"]["rows"]
    chosen = shown.iloc[rows[0] if rows and rows[0] < len(shown) else 0] if len(shown) else None
    if chosen is not None:
        predict_link(found.model, str(chosen["treatment"]), str(chosen["context"]))


def _draw_files(found: Movers, names: list[str], contexts: list[str]) -> None:
    with st.container(horizontal=True):
        table_buttons(found.table, "xpert-movers")
    with st.expander("Show the Python lines", icon=":material/code:"):
        st.code(movers_lines(found.model, names, contexts), language="python")
