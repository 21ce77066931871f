"""The Combination tab: what a combination does that the sum of its parts does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from xpert.data.gene_list import GeneList, words
from xpert.design.combination import MOST_PARTS, Combination, Estimate, Kind, combination_of
from xpert.design.combination import asked as parts_of
from xpert.plots.combination import combination_alt, combination_scatter
from xpert.plots.heat_map import heat_map, heat_map_alt
from xpert.ui import evidence_panel, figures, load, run, session
from xpert.ui.compare import controls, examples, files, state
from xpert.ui.compare.asked import Asked, View
from xpert.ui.files import table_file
from xpert.ui.frame import Guard, guarded
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle
    from xpert.perturbation import Treatment
    from xpert.ui.builder import Place

_PANEL, _HEIGHT, _SPREAD = "compare panel", "compare height", "compare spread"
_FEW = 25
_PREDICTED, _MEASURED = "predicted", "measured"
_ORDER = ("gene", "kind", "interaction", "lower", "upper", "additive", "predicted")
_OF_MEASURED = ("measured", "measured_interaction")


def draw(bundle: Bundle, place: Place) -> None:
    """Draw the field, and the answer to what was asked last."""
    whole = None
    with Guard():
        whole = _draw_field(bundle, place)
    if st.button(
        "Predict the combination", type="primary", icon=":material/play_arrow:", disabled=whole is None
    ):
        assert whole is not None
        state.ask(Asked(View.COMBINATION, bundle.name, place.name, (whole,), place.data))
        st.rerun()
    asked = state.of(View.COMBINATION)
    if asked is None:
        st.info(
            "Press the button to set the combination beside the sum of its parts.",
            icon=":material/play_arrow:",
        )
        return
    _draw_answer(asked)


def _draw_field(bundle: Bundle, place: Place) -> Treatment | None:
    if not session.has(state.WHOLE):
        example = examples.whole(bundle, place.name)
        session.put(state.WHOLE, str(example) if example else None)
    options = [text for text in controls.measured(bundle) if " + " in text]
    found = controls.draw_one(
        bundle,
        state.WHOLE,
        f"Combination of two to {MOST_PARTS} genes or compounds",
        options,
        "Measured combinations are offered; write any other with a plus: `KLF1:crispra + MAP2K3:crispra`, "
        "or bare names, `KLF1 + MAP2K3`.",
    )
    if found is not None:
        parts_of(found)  # says at once where it has too few parts
    return found


def _draw_answer(asked: Asked) -> None:
    bundle = load.bundle(asked.model)
    plan = asked.plan(parts_of(asked.treatments[0]))
    predictions = run.predictions(plan)
    combination = combination_of(bundle, predictions)
    st.header(f"{escaped(combination.whole.treatment)} in {escaped(combination.whole.context)}")
    st.caption(
        f"{escaped(combination.readout.delta_label)} of {len(combination.whole.genes):,} genes, by the model "
        f"{escaped(asked.model)}"
    )
    for warning in combination.warnings:
        st.warning(escaped(warning, longest=700), icon=":material/info:")
    _draw_numbers(combination)
    table = combination.table
    chosen = _draw_panel_field(asked, combination)
    figure, genes = st.columns([11, 10], gap="medium")
    with figure:
        _draw_scatter(combination, table, chosen)
    with genes:
        _draw_table(table, combination)
    _draw_heat_map(combination, table, chosen)
    with st.expander("What stands behind the combination", icon=":material/fact_check:"):
        evidence_panel.draw(combination.whole)
    made = {
        "Interaction (CSV)": lambda: table_file(table, ".csv"),
        "Summary (CSV)": lambda: table_file(summary(combination), ".csv"),
    }
    files.draw(asked, predictions, made)


def summary(combination: Combination) -> pd.DataFrame:
    """What holds over all genes: ``quantity, value, lower, upper``."""
    rows: list[tuple[str, float | None, float | None, float | None]] = []
    slope = combination.coefficient
    rows.append(("slope on the sum of the parts", *(slope or (None, None, None))))
    for part, weight in zip(
        combination.parts, combination.part_coefficients or [None] * len(combination.parts), strict=True
    ):
        rows.append((f"weight of {part.treatment}", weight, None, None))
    rows.append(("size over the size of the sum", combination.magnitude, None, None))
    rows.append(("Pearson correlation with the sum", combination.correlation, None, None))
    rows += [
        (f"share of genes: {kind.label}", share, None, None) for kind, share in combination.shares.items()
    ]
    return pd.DataFrame(rows, columns=["quantity", "value", "lower", "upper"])


def _draw_numbers(combination: Combination) -> None:
    shares, count = combination.shares, len(combination.whole.genes)
    boxes = st.columns(5)
    slope = combination.coefficient
    boxes[0].metric(
        "Slope on the sum",
        "–" if slope is None else f"{slope.value:.2f}",
        help="Regression of the combination on the sum of its parts over all genes, through the origin. 1 is "
        "additive, below 1 buffering, above 1 synergy. Its 90 % interval counts that errors of genes go together, as "
        "far as the measured responses of this model do.",
    )
    boxes[0].caption("no part moves anything" if slope is None else _interval(slope))
    magnitude = combination.magnitude
    boxes[1].metric(
        "Size ÷ size of the sum",
        "–" if magnitude is None else f"{magnitude:.2f}",
        help="Euclidean over genes. Noise alone makes it larger than 1.",
    )
    for box, kind in zip(boxes[2:], (Kind.SYNERGY, Kind.BUFFERING, Kind.OPPOSITE), strict=True):
        box.metric(f"{kind.value.capitalize()}", f"{round(shares[kind] * count):,} genes", help=kind.label)
        box.caption(f"{shares[kind]:.1%} of {count:,}")
    weights = combination.part_coefficients
    if weights is not None:
        parts = " + ".join(
            f"{w:.2f} × {p.treatment}" for w, p in zip(weights, combination.parts, strict=True)
        )
        st.caption(f"Best fit by least squares over all genes: combination ≈ {escaped(parts)}.")
    new = round(shares[Kind.NEW] * count)
    st.caption(
        f"{new:,} more {'gene moves' if new == 1 else 'genes move'} only together. Each gene's interval of the "
        "difference is made from the intervals of the combination and of each part: the root of their summed squares, "
        "as if their errors were independent. Intervals hold nine genes of ten, so up to one gene of ten may leave "
        "its interval by chance."
    )


def _interval(estimate: Estimate) -> str:
    verdict = "holds 1" if estimate.lower <= 1 <= estimate.upper else "leaves 1 out"
    return f"{estimate.lower:.2f} to {estimate.upper:.2f}, {verdict}"


def _draw_panel_field(asked: Asked, combination: Combination) -> list[str]:
    """Draw the field for a panel of genes; give those that are there."""
    found = GeneList.read(asked.genes, combination.whole.genes)
    session.put(_PANEL, " ".join(asked.genes))
    st.text_input(
        "Panel of genes",
        key=_PANEL,
        icon=":material/search:",
        placeholder="Paste genes to ring them and to see them in the heat map; without any, the largest differences",
        on_change=_panel_changed,
    )
    for sentence in found.sentences:
        st.caption(escaped(sentence, longest=500))
    return list(found.genes)


def _draw_scatter(combination: Combination, table: pd.DataFrame, chosen: list[str]) -> None:
    column: str = _PREDICTED
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if combination.measured is not None:
            column = (
                st.segmented_control(
                    "The combination as",
                    [_PREDICTED, _MEASURED],
                    default=_PREDICTED,
                    key=_HEIGHT,
                    required=True,
                )
                or _PREDICTED
            )
        spread = st.toggle(
            "Spread small shifts", value=True, key=_SPREAD, help="Draws both axes on a square-root scale."
        )
    figures.plotly(
        combination_scatter(
            table,
            combination.readout,
            y=column,
            chosen=chosen[:12],
            words={kind.value: kind.label for kind in Kind},
            spread=spread,
        ),
        "xpert-combination",
        words=combination_alt(table, str(combination.whole.treatment)),
        about=combination.whole,
        key=f"compare scatter {column}",
    )


def _draw_table(table: pd.DataFrame, combination: Combination) -> None:
    number: Any = st.column_config.NumberColumn
    shift = combination.readout.delta_label
    parts = {
        str(p.treatment): number(str(p.treatment), format="%+.3f", help=shift) for p in combination.parts
    }
    st.dataframe(
        table,
        hide_index=True,
        lazy=False,
        height=560,
        column_order=[*_ORDER, *(c for c in _OF_MEASURED if c in table), *parts],
        column_config={
            "gene": st.column_config.TextColumn("Gene", pinned=True),
            "kind": "Kind",
            "interaction": number("Difference", format="%+.3f", help="Predicted together less the sum"),
            "lower": number("from", format="%+.3f", help="Lower end of the 90 % interval of the difference"),
            "upper": number("to", format="%+.3f", help="Upper end of the 90 % interval of the difference"),
            "additive": number("Sum", format="%+.3f", help=f"Sum of the parts, {shift}"),
            "predicted": number("Together", format="%+.3f", help=f"Predicted, {shift}"),
            "measured": number("Measured", format="%+.3f", help=f"Measured together, {shift}"),
            "measured_interaction": number(
                "Measured difference",
                format="%+.3f",
                help="Measured together less the sum of the measured parts",
            ),
            **parts,
        },
        alt=f"{len(table)} genes, the largest difference first: {', '.join(table['gene'][:3])}.",
    )


def _draw_heat_map(combination: Combination, table: pd.DataFrame, chosen: list[str]) -> None:
    st.subheader("A panel of genes")
    shown = table.set_index("gene")
    if chosen:
        shown = shown.loc[chosen[:80]]
    else:
        largest = shown[["additive", "predicted"]].abs().max(axis=1).nlargest(_FEW // 2).index
        departing = shown[shown["kind"] != Kind.ADDITIVE.value].index[: _FEW - len(largest)]
        shown = shown.loc[[g for g in shown.index if g in {*largest, *departing}]]
    columns = {str(p.treatment): str(p.treatment) for p in combination.parts}
    columns |= {"additive": "sum of the parts", "predicted": "predicted together"}
    columns |= {"measured": "measured together"} if "measured" in shown else {}
    columns |= {"interaction": "difference: predicted − sum"}
    values = shown[list(columns)].rename(columns=columns)
    marked = pd.DataFrame(data=False, index=values.index, columns=values.columns)
    marked[columns["interaction"]] = shown["kind"] != Kind.ADDITIVE.value
    figures.plotly(
        heat_map(values, combination.readout, marked=marked),
        "xpert-combination-panel",
        words=heat_map_alt(values),
        about=f"{combination.whole}; a dot: 90 % interval leaves zero out",
        key="compare panel figure",
    )
    st.caption(
        "A dot marks a difference whose interval leaves zero out. "
        + ("" if chosen else "These genes move most, or differ most from the sum.")
    )


@guarded
def _panel_changed() -> None:
    state.change(View.COMBINATION, genes=tuple(words(str(session.value(_PANEL, "")))[:300]))
