"""Genes that a compound may act through, and compounds that may act through a gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from xpert.errors import InputError
from xpert.perturbation import Modality, Perturbation, Treatment
from xpert.plots.labels import plain
from xpert.ui import load, session
from xpert.ui.files import table_buttons
from xpert.ui.frame import fragment
from xpert.ui.links import predict_link
from xpert.ui.look_up.lines import associate_lines
from xpert.ui.text import escaped

if TYPE_CHECKING:
    import pandas as pd

    from xpert.model.bundle import Bundle

MODEL, SUBJECT = "association model", "association subject"
_EXPLAINED = """
**Score**: the share of compounds of similar structure ({compounds:,} with known targets) that are known to hit the gene, {share:.0%} of
it passed on within pathways. The compound itself and its salts never count, so a known target has to be found by others.
**p**: the share of {drawn} compounds drawn at random, without those known to hit the gene, for which it scores as high; **q** is the
same, corrected for all rows (Benjamini–Hochberg). With {drawn} draws p is coarse: read it as a first sieve.

**Response**: the cosine of what compound and gene do, where the model has measured both; its p is the share of all genes (or
compounds) with one as far from 0. On known targets such responses find little (docs: drug_gene_association), so they
do not decide the order.

**Direction**: what the compound does to the gene's activity, by the mechanisms of the compound and of similar ones, else by
a response that is clear among all that were compared. An inhibitor acts like losing the gene, an activator like more of it.
"""


@fragment
def draw() -> None:
    """Draw the choice and the table."""
    names = [info.name for info in load.bundle_infos() if Modality.COMPOUND in info.modalities]
    if not names:
        raise InputError("No model of compounds is installed.")
    model, subject = st.columns([1, 2])
    model.selectbox("Model", names, key=MODEL)
    bundle = load.bundle(session.value(MODEL))
    subject.selectbox(
        "A compound or a gene",
        list(bundle.targets),
        index=None,
        key=SUBJECT,
        accept_new_options=True,
        placeholder="gefitinib, ESR1, or a structure (SMILES)",
        help="A measured name, any other compound of the library, a SMILES structure, or any gene",
    )
    text = (session.value(SUBJECT) or "").strip()
    if not text:
        st.info("Name a compound for genes, or a gene for compounds.", icon=":material/touch_app:")
        return
    treatment = named_treatment(bundle, text)
    with st.spinner("Comparing with compounds of known targets …"):
        table = _table(bundle.name, str(treatment))
    _draw_found(bundle, treatment, table)


def named_treatment(bundle: Bundle, text: str) -> Treatment:
    """The one perturbation that a name means: as it is typed, as it was measured, a gene, or a compound."""
    from xpert.model.own_names import OwnNames

    if ":" in text or "@" in text:
        return OwnNames.of(bundle).treatment(Treatment.parse(text))
    measured = {p.target: p for c in bundle.training.conditions for p in c.treatment.ordered}
    if text in measured:
        found = measured[text]
    elif bundle.features.gene_names.resolve(text) and bundle.features.compound(text) is None:
        found = Perturbation(bundle.features.gene(text), Modality.KNOCKOUT)
    else:
        found = Perturbation(text, Modality.COMPOUND)
    return OwnNames.of(bundle).treatment(Treatment.of(found))


@st.cache_data(show_spinner=False, max_entries=64)
def _table(model: str, treatment: str) -> pd.DataFrame:
    from xpert.perturbverse.associate import associate

    return associate(load.bundle(model), Treatment.parse(treatment))


def _explained() -> str:
    from xpert.perturbverse.targets import NULL_COMPOUNDS, PATHWAY_SHARE, TargetLibrary

    count = len(TargetLibrary.load().compounds)
    return _EXPLAINED.format(compounds=count, share=PATHWAY_SHARE, drawn=NULL_COMPOUNDS)


def _draw_found(bundle: Bundle, treatment: Treatment, table: pd.DataFrame) -> None:
    (perturbation,) = treatment.ordered
    genetic = perturbation.modality.is_genetic
    name = perturbation.target
    st.subheader(
        f"{'Compounds that may act through' if genetic else 'Genes that may be acted on by'} {escaped(name)}"
    )
    known = list(table.loc[table["known"], "target"])
    places = [int(place) + 1 for place in table.index[table["known"]][:5]]
    if known:
        st.caption(
            f"Known beforehand: {escaped(', '.join(known[:8]))}. Without that knowledge the first of them come at place "
            f"{', '.join(map(str, places))} of {len(table):,}."
        )
    else:
        st.caption("Nothing is known beforehand; everything here is inferred.")
    with st.expander("How to read this", icon=":material/help:"):
        st.markdown(_explained())
    number = st.column_config.NumberColumn
    event = st.dataframe(
        table,
        key=f"association {bundle.name} {treatment}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=480,
        lazy=False,
        column_config={
            "target": st.column_config.TextColumn("Compound" if genetic else "Gene", pinned=True),
            "direction": st.column_config.TextColumn(
                "Activity of the gene", help="What the compound does to it"
            ),
            "score": number("Score", format="%.3f"),
            "p_value": number("p", format="%.2g"),
            "q_value": number("q", format="%.2g", help="p corrected for all rows"),
            "known": st.column_config.CheckboxColumn("Known"),
            "response": number(
                "Response", format="%.2f", help="Cosine of what both do; empty where not measured"
            ),
            "response_p_value": number("p of it", format="%.2g"),
            "evidence": st.column_config.TextColumn("Evidence", width="large"),
        },
        alt=f"The first of {len(table)}: {', '.join(map(plain, table['target'].head(5)))}",
    )
    rows = event["selection"]["rows"]
    if genetic and rows and rows[0] < len(table):
        chosen = Treatment.of(Perturbation(str(table["target"].iloc[rows[0]]), Modality.COMPOUND))
        predict_link(bundle.name, str(chosen), next(iter(bundle.contexts)))
    with st.container(horizontal=True):
        table_buttons(table, "xpert-association", label="Table")
    with st.expander("Show the Python lines", icon=":material/code:"):
        st.code(associate_lines(bundle.name, str(treatment)), language="python")
