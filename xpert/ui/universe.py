"""The Perturbverse page: a map, a search box that jumps, and the nearest neighbours of a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from xpert.errors import InputError
from xpert.perturbation import Treatment
from xpert.plots.labels import plain
from xpert.plots.style import export_config
from xpert.plots.universe import COLORINGS, MODALITY, Place, kind_label, universe_alt, universe_map, zoomed
from xpert.ui import load, session
from xpert.ui.frame import fragment, guarded
from xpert.ui.plan import Plan
from xpert.ui.text import escaped

if TYPE_CHECKING:
    from xpert.model.bundle import Bundle

MODEL, COLORING, FIND, PICKED, NEAR = "map model", "map coloring", "map find", "map picked", "map neighbour"
ZOOM = "map zoom"
_NEIGHBOURS = 10
_COLUMNS = ("treatment", "distance", "mechanism", "modality", "context")


def draw() -> None:
    """Draw the page."""
    infos = load.bundle_infos()
    if not infos:
        raise InputError("No model is installed, so there is no map to show.")
    names = [i.name for i in infos]
    st.caption(
        "Every point is a treatment that a model has measured: genes and compounds in one space, where near means "
        "alike in what the model makes of them. Distances on a flat map mislead; the table uses the full space."
    )
    if not session.has(MODEL):
        plan = session.current().plan
        session.put(MODEL, plan.model if plan and plan.model in names else names[0])
    _draw_map()


@fragment
def _draw_map() -> None:
    names = [i.name for i in load.bundle_infos()]
    model, coloring, find = st.columns([2, 3, 4])
    model.selectbox("Model", names, key=MODEL, on_change=_forget_pick)
    bundle = load.bundle(session.value(MODEL))
    points = bundle.perturbverse
    if points.empty:
        raise InputError(f"{bundle.name} has no map.")
    coloring.segmented_control(
        "Coloured by",
        list(COLORINGS),
        default=MODALITY,
        key=COLORING,
        format_func=COLORINGS.__getitem__,
        required=True,
    )
    find.selectbox(
        "Find a treatment",
        list(points.index),
        index=None,
        key=FIND,
        format_func=lambda row: f"{plain(points['treatment'][row])} · {plain(points['context'][row])}",
        on_change=_found,
        placeholder=f"Type one of {len(points):,} names",
    )
    picked = session.value(PICKED)
    near = _neighbours(bundle, picked)
    chart, table = st.columns([8, 5], gap="medium")
    with chart:
        _draw_chart(bundle, picked, near)
    with table:
        _draw_neighbours(bundle, picked, near)


def _draw_chart(bundle: Bundle, picked: int | None, near: pd.DataFrame) -> None:
    points, coloring = bundle.perturbverse, session.value(COLORING) or MODALITY
    figure = universe_map(
        points, coloring, picked=picked, neighbours=[int(row) for row in near.index], here=_here(bundle)
    )
    if picked is not None and session.value(ZOOM):
        zoomed(figure, points, picked)
    st.plotly_chart(
        figure,
        key=_chart_key(bundle.name),
        on_select=_clicked,
        selection_mode="points",
        config=export_config("xpert-perturbverse") | {"scrollZoom": True},
        alt=universe_alt(points, coloring),
    )
    st.caption(
        "Click a point for its neighbours; scroll to zoom, drag to move; press a legend entry to hide a class."
    )


def _draw_neighbours(bundle: Bundle, picked: int | None, near: pd.DataFrame) -> None:
    st.header("Nearest neighbours")
    if picked is None:
        st.info("Click a point, or find a treatment by name.", icon=":material/touch_app:")
        return
    at = bundle.perturbverse.iloc[picked]
    st.markdown(f"**{escaped(at['treatment'])}** in {escaped(at['context'])}")
    _draw_facts(at)
    st.toggle("Zoom in on it", key=ZOOM)
    event = st.dataframe(
        near.assign(modality=near["modality"].map(kind_label)),
        key=f"{NEAR} {bundle.name} {picked}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        column_config={
            "treatment": st.column_config.TextColumn("Treatment", pinned=True),
            "context": "Context",
            "modality": "Kind",
            "mechanism": "Mechanism",
            "distance": st.column_config.NumberColumn("Distance", format="%.4f"),
        },
        column_order=[name for name in _COLUMNS if near[name].replace("", None).notna().any()],
        alt=f"Nearest neighbours of {plain(at['treatment'])}: {', '.join(map(plain, near['treatment']))}",
    )
    st.caption(
        f"Distances are taken in the full latent space ({bundle.latents.shape[1]} numbers), not on this map."
    )
    _predict_link(bundle, str(at["treatment"]), str(at["context"]))
    rows = event["selection"]["rows"]
    if rows:
        chosen = near.iloc[rows[0]]
        _predict_link(bundle, str(chosen["treatment"]), str(chosen["context"]))


def _draw_facts(at: pd.Series) -> None:
    mechanism = at["mechanism"] if pd.notna(at["mechanism"]) and at["mechanism"] else "not known"
    error = f"{at['expected_error']:.3g}" if pd.notna(at["expected_error"]) else "not measured"
    st.caption(
        f"Kind: {escaped(kind_label(str(at['modality'])))}. Mechanism: {escaped(mechanism)}. Expected error: {escaped(error)}."
    )


def _predict_link(bundle: Bundle, treatment: str, context: str) -> None:
    plan = Plan(bundle.name, context, (Treatment.parse(treatment),))
    st.page_link(
        "pages/2_Predict.py",
        label=f"Predict {escaped(treatment, longest=60)} in {escaped(context, longest=30)}",
        icon=":material/genetics:",
        query_params=plan.query,
    )


def _neighbours(bundle: Bundle, picked: int | None) -> pd.DataFrame:
    from xpert.perturbverse.neighbours import neighbours

    if picked is None:
        return pd.DataFrame(columns=["treatment", "context", "modality", "mechanism", "distance"])
    treatment = Treatment.parse(str(bundle.perturbverse["treatment"][picked]))
    return neighbours(bundle, treatment, k=_NEIGHBOURS)


def _here(bundle: Bundle) -> Place | None:
    """The reader's own last prediction on this map."""
    plan = session.current().plan
    if plan is None or plan.model != bundle.name or plan.treatments[-1].active.is_control:
        return None
    from xpert.perturbverse.project import project

    treatment = plan.treatments[-1]
    x, y = project(bundle, [treatment])[0]
    return Place(f"You: {treatment}", float(x), float(y))


def _chart_key(model: str) -> str:
    return f"map of {model}"


@guarded
def _clicked() -> None:
    event = session.value(_chart_key(session.value(MODEL)))
    rows = [p["customdata"][0] for p in event["selection"]["points"] if p.get("customdata")]
    if rows:
        session.put(FIND, None)
        session.put(PICKED, int(rows[0]))


@guarded
def _found() -> None:
    session.put(PICKED, session.value(FIND))
    session.put(ZOOM, new=session.value(FIND) is not None)


@guarded
def _forget_pick() -> None:
    session.put(PICKED, None)
    session.put(FIND, None)
    session.put(ZOOM, new=False)
