"""What the Screen page shows, from top to bottom."""

from __future__ import annotations

import streamlit as st

from xpert.ui import load
from xpert.ui.frame import Guard
from xpert.ui.screen import controls, movers_view, progress, results_view

TAB = "screen tab"
_TABS = {"Rank treatments": "rank", "Which perturbations move my gene?": "movers"}


def draw() -> None:
    """Draw the page."""
    load.installed()
    st.caption(
        "Say what a treatment should do to your cells, and thousands of treatments are put in order: each with its "
        "score, a p value against random genes, and how well such answers held on measurements that were left out."
    )
    ranks, moves = st.tabs(list(_TABS), key=TAB, on_change="rerun")
    if ranks.open:
        with ranks, Guard():
            controls.draw()
            progress.draw()
            results_view.draw()
    if moves.open:
        with moves, Guard():
            movers_view.draw()
