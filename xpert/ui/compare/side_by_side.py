"""The Compare tab: two to twenty treatments, how alike they are, and which genes they move the same or opposite ways."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from xpert.plots.heat_map import heat_map, heat_map_alt
from xpert.plots.similarity import similarity_alt, similarity_matrix
from xpert.response.comparison import FEWEST, Comparison, Kind, Rule, Similarity, responder_sets
from xpert.ui import figures, load, session
from xpert.ui.compare import controls, files, state
from xpert.ui.compare.asked import Asked, View
from xpert.ui.files import table_file
from xpert.ui.frame import guarded
from xpert.ui.known import in_context, nearness
from xpert.ui.text import counted, escaped, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment
    from xpert.prediction.prediction import Prediction
    from xpert.ui.builder import Place

_MEASURE, _RULE, _LEAST, _COUNT = "compare measure", "compare rule", "compare least", "compare genes shown"
_FEW = 12


def draw(bundle: Bundle, place: Place) -> None:
    """Draw the fields, and the answer to what was asked last."""
    wanted = controls.draw_treatments(bundle, place)
    _draw_badges(bundle, place, wanted)
    if st.button("Compare", type="primary", icon=":material/play_arrow:", disabled=len(wanted) < FEWEST):
        before = state.of(View.SIDE_BY_SIDE)
        asked = Asked(View.SIDE_BY_SIDE, bundle.name, place.name, tuple(wanted), place.data)
        state.ask(asked if before is None else _with_choices(asked, before))
        st.rerun()
    asked_last = state.of(View.SIDE_BY_SIDE)
    if asked_last is None:
        st.info("Press Compare to see these treatments side by side.", icon=":material/play_arrow:")
        return
    _draw_answer(asked_last)


def _with_choices(asked: Asked, before: Asked) -> Asked:
    return replace(asked, rule=before.rule, measure=before.measure)


def _draw_badges(bundle: Bundle, place: Place, wanted: Sequence[Treatment]) -> None:
    """Say which treatments were never measured."""
    choices = load.choices(bundle.name)
    never = [str(t) for t in wanted if nearness(choices.question(in_context(t, place.name))) == 0]
    if never:
        st.caption(f":material/explore: Never measured, nor their parts: {escaped(listed(never))}.")


def _draw_answer(asked: Asked) -> None:
    predictions = state.predictions(asked)
    compared = Comparison.of(predictions)
    st.header(f"{counted(len(compared.labels), 'treatment')} in {escaped(asked.context)}")
    st.caption(
        f"{escaped(compared.readout.delta_label)} of {len(compared.genes):,} genes, by the model {escaped(asked.model)}"
    )
    likeness, evidence = st.columns([11, 10], gap="medium")
    with likeness:
        _draw_similarity(asked, compared)
    with evidence:
        _draw_evidence(predictions, compared)
    _draw_heat_map(asked, compared)
    least, table = _draw_responders(asked, compared)
    made = {
        "Shared and opposite genes (CSV)": lambda: table_file(table, ".csv"),
        "All shifts (CSV)": lambda: table_file(compared.table, ".csv"),
        "Similarity (CSV)": lambda: table_file(_flat(compared.similarity(asked.measure)), ".csv"),
    }
    if not table.empty:
        made["Gene sets (GMT)"] = lambda: responder_sets(table, least, len(compared.labels)).encode()
    files.draw(asked, predictions, made, least=least)


def _draw_similarity(asked: Asked, compared: Comparison) -> None:
    st.subheader("How alike they are")
    session.put(_MEASURE, asked.measure)
    st.segmented_control(
        "Measured by",
        list(Similarity),
        key=_MEASURE,
        format_func=lambda m: m.value.capitalize(),
        required=True,
        on_change=partial(_changed, "measure", _MEASURE),
        help="Cosine compares the shifts as they are; Pearson compares them after the mean shift of each "
        "treatment over its genes is taken away. Both use every gene.",
    )
    alike = compared.similarity(asked.measure)
    order = compared.clustered(_FEW)[1]
    ordered = alike.loc[order, order]
    figures.plotly(
        similarity_matrix(ordered, asked.measure.value),
        "xpert-similarity",
        words=similarity_alt(ordered, asked.measure.label),
        about=f"{asked.measure.label} in {asked.context}, by {asked.model}",
        key="compare similarity figure",
    )
    st.caption(
        "1 is the same response up to its size, −1 its reverse. Neighbours are alike: rows are in the order of a "
        "clustering. Predictions of treatments that were never measured are drawn to what most treatments have in "
        "common, and so look more alike than cells will show."
    )


def _draw_evidence(predictions: Sequence[Prediction], compared: Comparison) -> None:
    st.subheader("What stands behind each")
    moved = compared.moved()
    rows = [
        {
            "treatment": label,
            "up": int((moved[i] > 0).sum()),
            "down": int((moved[i] < 0).sum()),
            "question": prediction.evidence.question.label,
            "error": prediction.evidence.expected_error,
            "baseline": prediction.evidence.baseline_error,
            "predictor": prediction.evidence.predictor,
        }
        for i, (label, prediction) in enumerate(zip(compared.labels, predictions, strict=True))
    ]
    table = pd.DataFrame(rows)
    number: Any = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        height=min(420, 38 + 35 * len(table)),
        column_config={
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "up": number("▲ up", help="Genes whose 90 % interval lies above zero"),
            "down": number("▼ down", help="Genes whose 90 % interval lies below zero"),
            "question": "Kind of question",
            "error": number(
                "Expected error",
                format="%.3f",
                help="Euclidean distance to the observed shift, on held-out treatments of this kind",
            ),
            "baseline": number("Baseline's", format="%.3f", help="The same of the best simple baseline"),
            "predictor": "Answered by",
        },
        alt=f"Evidence for {len(table)} treatments: genes up and down, kind of question, expected error.",
    )


def _draw_heat_map(asked: Asked, compared: Comparison) -> None:
    st.subheader("The genes that move most")
    most = min(120, len(compared.genes))
    count = st.slider("Genes shown", min(5, most), most, min(30, most), key=_COUNT)
    genes, labels = compared.clustered(count)
    shifts = compared.table.set_index("gene").loc[genes, labels]
    place = {gene: i for i, gene in enumerate(compared.genes)}
    row = {label: i for i, label in enumerate(compared.labels)}
    moved = compared.moved()[[row[label] for label in labels]][:, [place[g] for g in genes]].T != 0
    marked = pd.DataFrame(moved, index=shifts.index, columns=shifts.columns)
    figures.plotly(
        heat_map(shifts, compared.readout, marked=marked),
        "xpert-compare-heat-map",
        words=heat_map_alt(shifts),
        about=f"{asked.context}, by {asked.model}; a dot: 90 % interval leaves zero out",
        key="compare heat map figure",
    )
    st.caption(
        "A dot stands where the 90 % interval of the shift leaves zero out. Both axes are clustered. Where a few shifts "
        "are far larger than the rest, the colours end before them."
    )


def _draw_responders(asked: Asked, compared: Comparison) -> tuple[int, pd.DataFrame]:
    st.subheader("Shared and opposite responders")
    count = len(compared.labels)
    least = min(max(asked.least or (count + 1) // 2, FEWEST), count)
    rule, slider = st.columns(2, vertical_alignment="bottom")
    session.put(_RULE, asked.rule)
    rule.segmented_control(
        "A gene counts as moved when",
        list(Rule),
        key=_RULE,
        format_func=lambda r: r.label,
        required=True,
        on_change=partial(_changed, "rule", _RULE),
        help="By its 90 % interval, or by rank: one of the genes with the largest shift of either sign.",
    )
    session.put(_LEAST, least)
    if count > FEWEST:
        slider.slider(
            f"Moved by at least, of {count} treatments",
            FEWEST,
            count,
            key=_LEAST,
            on_change=partial(_changed, "least", _LEAST),
        )
    table = compared.responders(least, asked.rule)
    chance = compared.by_chance(least, asked.rule)
    boxes = st.columns(3)
    for box, kind in zip(boxes, Kind, strict=True):
        box.metric(
            f"{kind.value.capitalize()}",
            int((table["kind"] == kind.value).sum()),
            help=f"By chance {chance[kind]:.1f}, had each treatment moved as many genes, drawn independently. "
            "Treatments also share what any treatment does to these cells, which is more than chance.",
        )
        box.caption(f"{chance[kind]:.1f} by chance")
    if table.empty:
        st.info(
            f"No gene is moved by {least} of these treatments by this rule. Ask for fewer treatments, or count the "
            "most moved genes of each.",
            icon=":material/info:",
        )
    else:
        _draw_table(table)
    return least, table


def _draw_table(table: pd.DataFrame) -> None:
    number: Any = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        lazy=False,
        height=min(420, 38 + 35 * len(table)),
        column_config={
            "gene": st.column_config.TextColumn("Gene", pinned=True),
            "kind": "Kind",
            "up_in": number("▲ in", help="Treatments that move it up"),
            "down_in": number("▼ in", help="Treatments that move it down"),
            "mean_delta": number("Mean Δ", format="%+.3f", help="Over the treatments that move it"),
            "weakest": number("Weakest |Δ|", format="%.3f", help="Of the treatments that move it"),
            "up": "▲ by",
            "down": "▼ by",
        },
        alt=f"{len(table)} genes that several treatments move, first {', '.join(table['gene'][:3])}.",
    )


def _flat(alike: pd.DataFrame) -> pd.DataFrame:
    return alike.rename_axis("treatment").reset_index()


@guarded
def _changed(setting: str, key: str) -> None:
    state.change(View.SIDE_BY_SIDE, **{setting: session.value(key)})
