"""Ask a model: treatments in a context, and every gene's predicted shift with what stands behind it."""

import streamlit as st

from xpert.ui import builder, frame, results

with frame.page("Predict"):
    st.title("Predict")
    builder.draw()
    results.draw()
