"""All treatments of a model in one space, with the nearest neighbours of each."""

import streamlit as st

from xpert.ui import frame, universe

with frame.page("Perturbverse"):
    st.title("Perturbverse")
    universe.draw()
