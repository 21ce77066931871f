"""Put a hypothesis to a model: how likely it is, what speaks for it, and what would refute it."""

import streamlit as st

from xpert.ui import frame
from xpert.ui.hypothesis import page

with frame.page("Hypothesis"):
    st.title("Hypothesis")
    page.draw()
