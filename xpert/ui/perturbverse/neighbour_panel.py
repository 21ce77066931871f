"""The neighbours of a point in three ways, and where these agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from xpert.perturbation import Treatment
from xpert.plots.labels import plain
from xpert.plots.universe import kind_label
from xpert.ui import load, session
from xpert.ui.files import table_button
from xpert.ui.frame import guarded
from xpert.ui.links import predict_link
from xpert.ui.perturbverse import snippet, state
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle

NEIGHBOURS = 10
ANY = "any kind"
WAYS = {
    "latent": "the model's space, of knowledge and response together",
    "response": "what the treatments do",
    "prior": "structure, mechanism or pathway, known beforehand",
}
_COLUMNS = (
    "treatment", "p_value", "mechanism", "ways", "distance", "shared_mechanism", "modality", "context", "evidence",
)  # fmt: skip


def way(bundle: Bundle) -> str:
    """How neighbours are found."""
    from xpert.perturbverse.quality import default_by

    return str(session.value(_way_key(bundle)) or default_by(bundle.name).value)


def found(bundle: Bundle, picked: int | None) -> pd.DataFrame:
    """Neighbours of a point by the chosen way, with ``ways``: in how many ways each is among the first."""
    if picked is None:
        return pd.DataFrame(columns=list(_COLUMNS))
    treatment = str(bundle.perturbverse["treatment"][picked])
    return _found(bundle.name, treatment, way(bundle), _modality(bundle))


@st.cache_data(show_spinner=False, max_entries=1_000)
def _found(model: str, text: str, by: str, modality: str | None) -> pd.DataFrame:
    """The same by names alone, kept for everyone: the page runs again with each click."""
    from xpert.perturbverse.neighbours import agreement, neighbours, ways

    bundle, treatment = load.bundle(model), Treatment.parse(text)
    if by not in ways(bundle, treatment):
        by = "latent"
    table = neighbours(bundle, treatment, by=by, k=NEIGHBOURS, modality=modality)
    counts = agreement(bundle, treatment, k=NEIGHBOURS, modality=modality)
    return table.assign(ways=counts.reindex(table.index).fillna(0).astype(int))


def draw(bundle: Bundle, picked: int | None, near: pd.DataFrame) -> None:
    """Draw the panel."""
    st.header("Nearest neighbours")
    if picked is None:
        st.info("Click a point, or find a treatment by name.", icon=":material/touch_app:")
        return
    at = bundle.perturbverse.iloc[picked]
    where = at["context"] if at["conditions"] == 1 else f"{at['conditions']} contexts"
    st.markdown(f"**{escaped(at['treatment'])}** in {escaped(where)}")
    _draw_facts(bundle, at)
    _draw_ways(bundle, picked)
    event = st.dataframe(
        near.assign(modality=near["modality"].map(kind_label)),
        key=_table_key(bundle, picked),
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=38 + 35 * min(NEIGHBOURS, max(len(near), 1)),
        column_config=_headings(),
        column_order=[name for name in _COLUMNS if _says_something(near[name])],
        alt=f"Nearest neighbours of {plain(at['treatment'])}: {', '.join(map(plain, near['treatment']))}",
    )
    st.caption(_about(bundle))
    rows = [row for row in event["selection"]["rows"] if row < len(near)]
    predict_link(bundle.name, str(at["treatment"]), str(at["context"]))
    if rows:
        chosen = near.iloc[rows[0]]
        first = str(bundle.perturbverse["context"][near.index[rows[0]]])
        predict_link(bundle.name, str(chosen["treatment"]), first)
        with st.container(horizontal=True):
            row = int(near.index[rows[0]])
            st.button("Go there", icon=":material/my_location:", on_click=_go, args=(row,))
            st.button("Compare the two", icon=":material/compare:", on_click=_compare, args=(row,))
    _draw_files(bundle, str(at["treatment"]), near)


def _draw_ways(bundle: Bundle, picked: int) -> None:
    from xpert.perturbverse.neighbours import ways
    from xpert.perturbverse.quality import default_by

    possible = [str(by.value) for by in ways(bundle, _treatment(bundle, picked))]
    if session.value(_way_key(bundle)) not in possible:
        session.put(_way_key(bundle), default_by(bundle.name).value)
    st.segmented_control(
        "Near by",
        possible,
        key=_way_key(bundle),
        required=True,
        help="; ".join(f"{name}: {words}" for name, words in WAYS.items()),
    )
    kinds = sorted(set(bundle.perturbverse["modality"].astype(str)))
    if len(kinds) > 1:
        st.selectbox("Among", [ANY, *kinds], key=_kind_key(bundle), format_func=kind_label)


def _draw_facts(bundle: Bundle, at: pd.Series) -> None:
    mechanism = at["mechanism"] if pd.notna(at["mechanism"]) and at["mechanism"] else "not known"
    st.caption(
        f"Kind: {escaped(kind_label(str(at['modality'])))}. Mechanism: {escaped(mechanism)}. {escaped(_error(bundle, at))}"
    )


def _error(bundle: Bundle, at: pd.Series) -> str:
    """The error when the treatment was held out, with its unit and its place among all."""
    errors = bundle.perturbverse["expected_error"]
    if pd.isna(at["expected_error"]):
        return "Its error was not measured."
    share = float((errors.dropna() <= at["expected_error"]).mean())
    return (
        f"Error when it was held out: {_brief(at['expected_error'])}, the distance between predicted and measured shifts over "
        f"all genes ({bundle.readout.delta_label}); larger than that of {share:.0%} of the map's treatments."
    )


def _brief(value: float) -> str:
    """Three figures without a power of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _about(bundle: Bundle) -> str:
    words = {
        "latent": f"Distances are taken in the full latent space ({bundle.latents.shape[1]} numbers), not on this map.",
        "response": "Distances are taken between whole responses, without what all treatments do, not on this map.",
        "prior": "Distances are taken in what was known beforehand: structure, mechanism, targets, pathways.",
    }[way(bundle)]
    return (
        f"{words} “Ways” counts in how many of the three a neighbour is among the first {NEIGHBOURS}: what several "
        f"agree on is the safer lead. p is the share of random pairs of these kinds that are as near. {_measured(bundle)}"
    )


def _measured(bundle: Bundle) -> str:
    """How many drugs of one mechanism each way was measured to find."""
    from xpert.perturbverse.quality import measured

    found = measured(bundle.name)
    if not found:
        return "How well each way finds treatments of one mechanism has not been measured for this model."
    scores = ", ".join(
        f"{'structure alone' if q.by == 'prior' else q.by.value} {q.precision:.2f} ({q.lower:.2f}–{q.upper:.2f})"
        for q in found
    )
    return (
        f"Asked for the drugs of one's mechanism among {found[0].drugs:,} that have one, without looking at mechanisms or "
        f"targets, the ways reach a mean average precision of: {scores}."
    )


def _headings() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "treatment": st.column_config.TextColumn("Treatment", pinned=True, width=130),
        "ways": number(
            "Ways", width=45, format="%d", help="In how many ways it is among the first neighbours"
        ),
        "distance": number("Distance", width=75, format="%.3f", help="One minus the cosine, from 0 to 2"),
        "p_value": number(
            "p", width=55, format="%.2g", help="Share of random pairs of these kinds that are as near"
        ),
        "shared_mechanism": st.column_config.CheckboxColumn("Same mechanism", width=70),
        "mechanism": st.column_config.TextColumn("Mechanism", width=110),
        "modality": "Kind",
        "context": "Context",
        "evidence": "Evidence",
    }


def _says_something(column: pd.Series) -> bool:
    if column.dtype == bool:
        return bool(column.any())
    return bool(column.replace("", None).notna().any())


def _draw_files(bundle: Bundle, treatment: str, near: pd.DataFrame) -> None:
    with st.container(horizontal=True):
        table_button(near, f"xpert-neighbours-{bundle.name}", "Neighbours (CSV)")
        with st.popover("Python lines", icon=":material/code:", type="tertiary"):
            lines = snippet.neighbour_lines(
                bundle.name, treatment, way(bundle), NEIGHBOURS, _modality(bundle)
            )
            st.code(lines, language="python")


def _treatment(bundle: Bundle, row: int) -> Treatment:
    return Treatment.parse(str(bundle.perturbverse["treatment"][row]))


def _modality(bundle: Bundle) -> str | None:
    kind = session.value(_kind_key(bundle), ANY)
    return None if kind == ANY else str(kind)


def _way_key(bundle: Bundle) -> str:
    return f"{state.WAY} {bundle.name}"


def _kind_key(bundle: Bundle) -> str:
    return f"{state.KIND} {bundle.name}"


def _table_key(bundle: Bundle, picked: int) -> str:
    return f"neighbours {bundle.name} {picked} {way(bundle)} {_modality(bundle)}"


@guarded
def _go(row: int) -> None:
    session.put(state.PICKED, row)
    session.put(state.FIND, None)


@guarded
def _compare(row: int) -> None:
    session.put(state.SECOND, row)
