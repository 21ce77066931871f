"""Open data: a file of one's own or a simulated sample, mapped, checked and summed up."""

import streamlit as st

from xpert.ui import data_choice, data_mapping, data_report, frame

with frame.page("Data"):
    st.title("Data")
    upload = data_choice.draw()
    if upload is not None:
        data_mapping.draw(upload)
        data_report.draw(upload)
