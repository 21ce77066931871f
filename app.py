"""The front door: what X-Pert is, what is loaded, and one click to a first prediction."""

import streamlit as st

from xpert.ui import frame, start, tour

with frame.page("Start"):
    st.title("Predict how cells respond")
    st.markdown(
        "X-Pert predicts how each gene's expression shifts when cells meet a **genetic perturbation, a compound, "
        "or several at once**. Every answer stands beside its uncertainty, the nearest measured treatments, "
        "and the error of a simple baseline."
    )
    tour.draw()
    start.examples()
    start.where_next()
    start.models()
