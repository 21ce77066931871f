"""What the page shows: a signature against every treatment, targets of compounds, and neighbours of anything."""

from __future__ import annotations

import streamlit as st

from xpert.ui import load
from xpert.ui.frame import Guard
from xpert.ui.look_up import association_tab, neighbours_tab, signature_tab

TAB = "look up tab"


def draw() -> None:
    """Draw the tab that is open."""
    load.installed()
    st.caption(
        "Bring a signature to find treatments that do the same or undo it; or name a compound for the genes that it may "
        "act through, or a gene for compounds; or any treatment for what acts alike. Which perturbations move one gene stands on the Screen page."
    )
    signature, association, near = st.tabs(
        ["A signature", "A compound or a gene", "Neighbours"], key=TAB, on_change="rerun"
    )
    if signature.open:
        with signature, Guard():
            signature_tab.draw()
    if association.open:
        with association, Guard():
            association_tab.draw()
    if near.open:
        with near, Guard():
            neighbours_tab.draw()
