"""Rank thousands of treatments for an objective."""

import streamlit as st

from xpert.ui import frame
from xpert.ui.screen import page

with frame.page("Screen"):
    st.title("Screen")
    page.draw()
