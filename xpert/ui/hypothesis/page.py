"""What the page shows, from top to bottom."""

from __future__ import annotations

import streamlit as st

from xpert.ui import figures
from xpert.ui.hypothesis import downloads, form, state, view


def draw() -> None:
    """Draw the sentence to fill in, and the verdict on what the address asks."""
    st.caption(
        "State what you expect: the model says how likely it is, what was measured, what would refute it, and what it takes to "
        "show it."
    )
    form.draw()
    asked = state.asked()
    if asked is None:
        st.info("Fill in the sentence and press Weigh it.", icon=":material/balance:")
        return
    verdict = state.verdict(asked)
    figures.draw_choice()
    view.draw(verdict)
    downloads.draw(asked, verdict)
