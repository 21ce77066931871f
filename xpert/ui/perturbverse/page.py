"""The Perturbverse page: the map of a model's treatments, or that of the reader's own cells."""

from __future__ import annotations

import streamlit as st

from xpert.ui import load, session
from xpert.ui.perturbverse import cells_map, state, treatment_map

SHOWN = "map shown"
TREATMENTS, CELLS = "A model's treatments", "Your cells"


def draw() -> None:
    """Draw the page."""
    infos = load.installed()
    names = [i.name for i in infos]
    shown: str | None = TREATMENTS
    if session.current().upload is not None:
        state.restore(SHOWN, TREATMENTS)
        shown = st.segmented_control(
            "Show",
            [TREATMENTS, CELLS],
            key=SHOWN,
            required=True,
            label_visibility="collapsed",
        )
        state.keep(SHOWN)
    if shown == CELLS:
        cells_map.draw()
        return
    st.caption(
        "Every point is a treatment that a model has measured: genes and compounds in one space, where near means "
        "alike in what the model makes of them. Distances on a flat map mislead; the tables use the full space."
    )
    plan = session.current().plan
    state.restore(state.MODEL, plan.model if plan and plan.model in names else names[0])
    treatment_map.draw(names)
