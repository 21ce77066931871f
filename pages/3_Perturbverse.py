"""All treatments of a model in one space, with the nearest neighbours of each."""

import streamlit as st

from xpert.ui import frame
from xpert.ui.perturbverse import page

with frame.page("Perturbverse"):
    st.title("Perturbverse")
    page.draw()
