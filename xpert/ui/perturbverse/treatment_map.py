"""The map of a model's treatments, with what can be asked of its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from xpert.errors import InputError
from xpert.plots.labels import plain
from xpert.plots.lasso import inside, outlines
from xpert.plots.raster import Window
from xpert.plots.universe import (
    COLORINGS,
    MODALITY,
    RESPONSE,
    Place,
    Response,
    universe_alt,
    universe_map,
    zoomed,
)
from xpert.ui import figures, load, session
from xpert.ui.files import table_button
from xpert.ui.frame import fragment, guarded
from xpert.ui.perturbverse import (
    compare_panel,
    map_controls,
    neighbour_panel,
    responses,
    selection_panel,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd

    from xpert.model.bundle import Bundle

_ALL_CONTEXTS = "mean over its contexts"


@fragment
def draw(names: Sequence[str]) -> None:
    """Draw the controls, the map, and the panels beside and under it."""
    bundle = _draw_controls(names)
    points = bundle.perturbverse
    response = _draw_response_choice(bundle)
    beside = neighbour_panel.found(bundle, state.picked())
    chart, table = st.columns([7, 5], gap="medium")
    with chart:
        _draw_chart(bundle, response, [int(row) for row in beside.index])
    with table:
        neighbour_panel.draw(bundle, state.picked(), beside)
    selection_panel.draw(bundle, response)
    compare_panel.draw(bundle, state.picked(), beside)
    _draw_files(bundle, points)


def _draw_controls(names: Sequence[str]) -> Bundle:
    state.restore(state.COLORING, MODALITY)
    model, coloring, find = st.columns([3, 3, 5])
    model.selectbox("Model", names, key=state.MODEL, on_change=_forget)
    state.keep(state.MODEL)
    bundle = load.bundle(session.value(state.MODEL))
    points = bundle.perturbverse
    if points.empty:
        raise InputError(f"{bundle.name} has no map.")
    coloring.selectbox("Coloured by", list(COLORINGS), key=state.COLORING, format_func=COLORINGS.__getitem__)
    state.keep(state.COLORING)
    find.selectbox(
        "Find a treatment",
        list(points.index),
        index=None,
        key=state.FIND,
        format_func=lambda row: label(points, row),
        on_change=_found,
        placeholder=f"Type one of {len(points):,} names",
    )
    return bundle


def _draw_response_choice(bundle: Bundle) -> Response | None:
    """The gene by which the map is coloured, where it is."""
    if session.value(state.COLORING, MODALITY) != RESPONSE:
        return None
    gene, context, words = st.columns([3, 3, 5], vertical_alignment="bottom")
    genes = sorted(bundle.genes)
    key = f"{state.GENE} {bundle.name}"
    if not session.has(key):
        session.put(key, _most_variable(bundle))
    chosen = gene.selectbox("Gene", genes, key=key)
    where = [_ALL_CONTEXTS, *bundle.contexts]
    picked = context.selectbox("Response in", where, key=f"{state.CONTEXT} {bundle.name}", format_func=plain)
    words.caption(
        "The model's answer for each treatment: for a measured one the measurement, shrunk by how well it repeats. "
        "Blue falls, orange rises."
    )
    values = responses.shifts(bundle.name, responses.OVER_ALL if picked == _ALL_CONTEXTS else picked)
    return Response(chosen, values[:, bundle.genes.index(chosen)], bundle.readout.delta_label)


def _most_variable(bundle: Bundle) -> str:
    """The gene whose measured response differs most between treatments."""
    return bundle.genes[int(np.nanargmax(np.nanvar(bundle.training.delta, axis=0)))]


def label(points: pd.DataFrame, row: int) -> str:
    """A point as lists of points name it."""
    return f"{plain(points['treatment'][row])} · {plain(points['context'][row])}"


def _draw_chart(bundle: Bundle, response: Response | None, near: Sequence[int]) -> None:
    points, coloring = bundle.perturbverse, session.value(state.COLORING) or MODALITY
    drag = map_controls.draw(state.DRAG, state.MODE, _views())
    figure = universe_map(
        points,
        coloring,
        picked=state.picked(),
        neighbours=near,
        chosen=state.chosen(),
        here=_here(bundle),
        response=response,
        window=_window(points),
    )
    figures.plotly(
        figure.update_layout(height=600, dragmode=drag),
        "xpert-perturbverse",
        words=universe_alt(points, coloring, response),
        about=_about(bundle, coloring, response),
        key=state.chart_key(bundle.name),
        on_select=_taken,
        selection_mode=("points", "box", "lasso"),
    )
    st.caption(
        "Click a point for its neighbours; choose the lasso or the box to draw round several; scroll with the bar's lens to "
        "come nearer; press a legend entry to hide a class."
    )


def _views() -> list[str]:
    """The parts of the map that can be looked at."""
    around = [state.AROUND] if state.picked() is not None else []
    selected = [state.SELECTED] if state.chosen() else []
    return [state.WHOLE, *around, *selected]


def _about(bundle: Bundle, coloring: str, response: Response | None) -> str:
    """What stands over a saved picture."""
    by = f"response of {response.gene}" if response else COLORINGS[coloring]
    return f"Perturbverse of {bundle.name}: {len(bundle.perturbverse):,} treatments by {by}"


def _window(points: pd.DataFrame) -> Window | None:
    view, picked, chosen = session.value(state.VIEW), state.picked(), list(state.chosen())
    if view == state.AROUND and picked is not None:
        return zoomed(points, picked)
    if view == state.SELECTED and chosen:
        at = points.loc[chosen]
        return Window.round(at["x"].to_numpy(dtype=float), at["y"].to_numpy(dtype=float))
    return None


def _here(bundle: Bundle) -> Place | None:
    """The reader's own last prediction on this map."""
    plan = session.current().plan
    if plan is None or plan.model != bundle.name or plan.treatments[-1].active.is_control:
        return None
    from xpert.perturbverse.project import project

    treatment = plan.treatments[-1]
    x, y = project(bundle, [treatment])[0]
    return Place(f"You: {treatment}", float(x), float(y))


def _draw_files(bundle: Bundle, points: pd.DataFrame) -> None:
    st.header("Take it away")
    with st.container(horizontal=True):
        for ending, name in (("csv", "CSV"), ("parquet", "Parquet")):
            table_button(points, f"xpert-map-{bundle.name}", f"The whole map ({name})", ending=ending)
    st.caption(
        "One row per treatment: where it stands on the map, in which contexts it was measured, its mechanism and its "
        "expected error. Neighbours, selection and signatures have buttons of their own."
    )


@guarded
def _taken() -> None:
    """A click picks a point; what was drawn round fills the selection, found by its outline."""
    model = session.value(state.MODEL)
    selection: dict[str, Any] = session.value(state.chart_key(model))["selection"]
    drawn = outlines(selection)
    if drawn:
        points = load.bundle(model).perturbverse
        hit = inside(points["x"].to_numpy(dtype=float), points["y"].to_numpy(dtype=float), drawn)
        rows = [int(row) for row in points.index[hit]]
        mode = session.value(state.MODE) or state.REPLACE
        session.put(state.CHOSEN, state.merge(state.chosen(), rows, mode))
        return
    rows = [p["customdata"][0] for p in selection["points"] if p.get("customdata")]
    if rows:
        session.put(state.FIND, None)
        session.put(state.PICKED, int(rows[0]))


@guarded
def _found() -> None:
    session.put(state.PICKED, session.value(state.FIND))
    session.put(state.VIEW, state.WHOLE if session.value(state.FIND) is None else state.AROUND)


@guarded
def _forget() -> None:
    state.forget()
