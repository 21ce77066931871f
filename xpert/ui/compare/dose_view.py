"""The Dose–response tab: a compound over doses, gene by gene or as a signature."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from xpert.data.gene_list import GeneList, words
from xpert.design.dose_response import DoseResponse, Signature
from xpert.design.doses import MOST_DOSES, asked_doses, at_doses, has_doses, seen_doses
from xpert.perturbation import Dose, Modality, Treatment
from xpert.plots.dose_curve import dose_alt, dose_curve
from xpert.plots.labels import plain
from xpert.response.gene_sets import COLLECTIONS, gene_set, gene_sets
from xpert.ui import evidence_panel, figures, load, run, session
from xpert.ui.compare import controls, examples, files, state
from xpert.ui.compare.asked import Asked, View, read_dose
from xpert.ui.compare.lines import signature_text
from xpert.ui.files import table_file
from xpert.ui.frame import Guard, guarded
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.design.dose_response import Curve
    from xpert.model.bundle import Bundle
    from xpert.ui.builder import Place

_GENES, _SET, _UP, _DOWN = "compare dose genes", "compare dose set", "compare dose up", "compare dose down"
_MOST_CURVES, _FEWEST_IN_SET = 6, 3
_OWN = "your signature"


def draw(bundle: Bundle, place: Place) -> None:
    """Draw the fields, and the answer to what was asked last; or say that the model knows no doses."""
    if not has_doses(bundle):
        _say_no_doses(bundle)
    else:
        _draw_fields(bundle, place)
    asked = state.of(View.DOSES)
    if asked is not None:
        _draw_answer(asked)
    elif has_doses(bundle):
        st.info("Press the button to see the compound over doses.", icon=":material/play_arrow:")


def _say_no_doses(bundle: Bundle) -> None:
    others = [i.name for i in load.bundle_infos() if i.name != bundle.name and has_doses(load.bundle(i.name))]
    compounds = Modality.COMPOUND in bundle.modalities
    why = (
        "its compounds were measured at one dose, or at doses that the data do not state"
        if compounds
        else "it was measured with genes, which have no dose"
    )
    hint = f" Choose one of these models above: {', '.join(others)}." if others else ""
    st.info(
        escaped(
            f"{bundle.name} has no dose series: {why}. A dose curve of it would be made up.{hint}",
            longest=600,
        ),
        icon=":material/info:",
    )


def _draw_fields(bundle: Bundle, place: Place) -> None:
    if not session.has(state.COMPOUND):
        example = examples.compound(bundle, place.name)
        session.put(state.COMPOUND, example.target if example else None)
    compounds = sorted(
        {p.target for c in bundle.training.conditions for p in c.treatment.perturbations if p.dose}
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    treatment, doses = None, None
    with left, Guard():
        treatment = controls.draw_one(
            bundle, state.COMPOUND, "Compound", compounds, "Its doses are those in the field beside it."
        )
    with right, Guard():
        st.text_input(
            "Doses",
            key=state.DOSES,
            placeholder=f"Chosen for you; or up to {MOST_DOSES}, such as 1uM 10uM 100uM",
            help="A number with its unit each. Without any: even steps between the lowest and the highest dose "
            "measured, and one beyond each.",
        )
        doses = tuple(read_dose(text) for text in words(str(session.value(state.DOSES, ""))))
    ready = treatment is not None and doses is not None
    if st.button("Predict the doses", type="primary", icon=":material/play_arrow:", disabled=not ready):
        assert treatment is not None
        assert doses is not None
        _ask(bundle, place, treatment, doses)
        st.rerun()


def _ask(bundle: Bundle, place: Place, treatment: Treatment, doses: tuple[Dose, ...]) -> None:
    asked = Asked(View.DOSES, bundle.name, place.name, (treatment,), place.data, doses)
    asked_doses(seen_doses(bundle, place.name, asked.compound), doses)  # refuses what cannot be asked
    before = state.of(View.DOSES)
    if before is not None and before.model == asked.model:
        asked = replace(asked, genes=before.genes, up=before.up, down=before.down, gene_set=before.gene_set)
    state.ask(asked)


def answer(asked: Asked) -> DoseResponse:
    """The predictions over doses that a question asks for."""
    bundle = load.bundle(asked.model)
    seen = seen_doses(bundle, asked.context, asked.compound)
    doses = asked_doses(seen, asked.doses)
    predictions = run.predictions(asked.plan(at_doses(asked.compound, doses)))
    return DoseResponse(seen, tuple(predictions), doses, bundle)


def _draw_answer(asked: Asked) -> None:
    response = answer(asked)
    unit = str(response.doses[0].unit)
    st.header(f"{escaped(response.seen.target)} over doses in {escaped(response.context)}")
    st.caption(
        f"{escaped(response.readout.delta_label)} of {len(response.genes):,} genes, by the model {escaped(asked.model)}"
    )
    for sentence in response.sentences:
        st.markdown(f"- {escaped(sentence, longest=700)}")
    signatures = _draw_choice(asked, response)
    curves = [response.curve(s) for s in signatures]
    for start in range(0, len(curves), 2):
        for column, curve in zip(st.columns(2, gap="medium"), curves[start : start + 2], strict=False):
            with column:
                _draw_curve(curve, response, unit, f"xpert-dose-{curves.index(curve) + 1}")
    st.caption(
        "The line joins the model's answers at doses that were not measured, the band is their 90 % interval; diamonds "
        "are measured. Without a dose the shift is zero by definition. An EC50 is given only where at least four "
        "predicted doses inside those measured follow a Hill curve better than a constant, within their intervals, "
        "which count as much as the measured doses do, and where its own interval lies inside the doses measured."
    )
    table = _table(curves, response)
    with st.expander("Numbers", icon=":material/table_view:"):
        _draw_numbers(table, unit)
    with st.expander("What stands behind it, at the middle dose", icon=":material/fact_check:"):
        evidence_panel.draw(response.predictions[len(response.predictions) // 2])
    made = {
        "Curves (CSV)": lambda: table_file(table, ".csv"),
        "EC50 (CSV)": lambda: table_file(_fits(curves, unit), ".csv"),
    }
    first = signatures[0]
    files.draw(
        replace(asked, doses=response.doses),
        response.predictions,
        made,
        signature=signature_text(first.name, first.up, first.down),
    )


def _draw_choice(asked: Asked, response: DoseResponse) -> list[Signature]:
    """Draw the fields for genes and signatures; give what is to be drawn, signatures first."""
    found = GeneList.read(asked.genes, response.genes)
    genes = list(found.genes[:_MOST_CURVES]) or list(response.strongest(4))
    session.put(_GENES, genes)
    left, middle, right = st.columns([5, 4, 2], vertical_alignment="bottom")
    left.multiselect(
        "Genes",
        sorted(response.genes),
        key=_GENES,
        max_selections=_MOST_CURVES,
        select_all=False,
        on_change=_genes_changed,
        help="Without a choice: those that stand furthest out of their interval.",
    )
    options = _sets(response.genes)
    session.put(_SET, asked.gene_set if asked.gene_set in options else None)
    middle.selectbox(
        "Mean of a gene set",
        list(options),
        key=_SET,
        index=None,
        format_func=lambda name: f"{plain(name, longest=60)} ({options[name]} genes here)",
        on_change=_set_changed,
        placeholder="None",
    )
    _draw_own_signature(asked, right)
    for sentence in found.sentences:
        st.caption(escaped(sentence, longest=500))
    return [*_signatures(asked, response), *(Signature.of_gene(g) for g in genes)]


def _draw_own_signature(asked: Asked, place: Any) -> None:  # noqa: ANN401 - a Streamlit container
    session.put(_UP, " ".join(asked.up))
    session.put(_DOWN, " ".join(asked.down))
    with place.popover("Signature", icon=":material/content_paste:", width="stretch"):
        st.text_area("Genes that count as they are", key=_UP, height=120, max_chars=10_000)
        st.text_area("Genes that count with the opposite sign", key=_DOWN, height=120, max_chars=10_000)
        st.button("Draw its mean", on_click=_signature_changed)


def _signatures(asked: Asked, response: DoseResponse) -> list[Signature]:
    made = []
    if asked.up or asked.down:
        sides = [GeneList.read(side, response.genes) for side in (asked.up, asked.down)]
        for side in sides:
            for sentence in side.sentences:
                st.caption(escaped(sentence, longest=500))
        if sides[0].genes or sides[1].genes:
            made.append(Signature(_OWN, sides[0].genes, sides[1].genes))
    if asked.gene_set:
        members = set(gene_set(asked.gene_set))
        made.append(Signature(asked.gene_set, tuple(g for g in response.genes if g in members)))
    return made


def _sets(genes: tuple[str, ...]) -> dict[str, int]:
    """Gene sets with some genes among those of the model, and how many."""
    here = set(genes)
    counted = {
        name: len(here.intersection(members))
        for collection in COLLECTIONS
        for name, members in gene_sets(collection).items()
    }
    return {name: count for name, count in counted.items() if count >= _FEWEST_IN_SET}


def _draw_curve(curve: Curve, response: DoseResponse, unit: str, name: str) -> None:
    size = len(curve.signature.up) + len(curve.signature.down)
    st.subheader(escaped(curve.signature.name, longest=60))
    if size > 1:
        st.caption(f"Mean over {size:,} genes")
    figures.plotly(
        dose_curve(curve, response.readout, unit),
        name,
        words=dose_alt(curve, unit),
        about=f"{curve.signature.name}: {response.seen.target} in {response.context}, "
        f"by {response.predictions[0].model}",
        key=f"compare dose {curve.signature.name}",
    )
    hill = curve.fit.hill
    if hill is None:
        st.caption(escaped(curve.fit.reason, longest=400))
    else:
        st.caption(
            f"EC50 {hill.ec50:.3g} {unit}, 90 % interval {hill.lower:.3g} to {hill.upper:.3g} {unit}; tends to "
            f"{hill.top:+.2f}, Hill slope {hill.slope:.2g}. Of the model's curve, not of a measured one."
        )


def _table(curves: list[Curve], response: DoseResponse) -> pd.DataFrame:
    parts = []
    for curve in curves:
        joined = curve.table.merge(
            curve.measured.rename(columns={"delta": "measured"}), on="dose", how="outer"
        )
        joined.insert(0, "gene_or_signature", curve.signature.name)
        parts.append(joined)
    table = pd.concat(parts, ignore_index=True)
    table.insert(2, "unit", str(response.doses[0].unit))
    return table.assign(readout=response.readout.value)


def _fits(curves: list[Curve], unit: str) -> pd.DataFrame:
    rows = []
    for curve in curves:
        hill = curve.fit.hill
        numbers = (hill.ec50, hill.lower, hill.upper, hill.top, hill.slope) if hill else (None,) * 5
        rows.append((curve.signature.name, *numbers, unit, curve.fit.reason))
    columns = ["gene_or_signature", "ec50", "lower", "upper", "top", "slope", "unit", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _draw_numbers(table: pd.DataFrame, unit: str) -> None:
    number: Any = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "gene_or_signature": st.column_config.TextColumn("Gene or signature", pinned=True),
            "dose": number(f"Dose, {unit}", format="%g"),
            "unit": None,
            "readout": None,
            "delta": number("Predicted Δ", format="%+.3f"),
            "lower": number("from", format="%+.3f"),
            "upper": number("to", format="%+.3f"),
            "measured": number("Measured Δ", format="%+.3f"),
            "seen": st.column_config.CheckboxColumn("Dose was measured"),
            "inside": st.column_config.CheckboxColumn("Inside the doses measured"),
        },
        alt="Predicted shift with its interval at each dose, and the measured ones.",
    )


@guarded
def _genes_changed() -> None:
    state.change(View.DOSES, genes=tuple(session.value(_GENES, [])))


@guarded
def _set_changed() -> None:
    state.change(View.DOSES, gene_set=session.value(_SET) or "")


@guarded
def _signature_changed() -> None:
    sides = {
        side: tuple(words(str(session.value(key, "")))[:300]) for side, key in (("up", _UP), ("down", _DOWN))
    }
    state.change(View.DOSES, **sides)
