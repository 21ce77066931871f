"""Look up a signature, a gene or a compound: which treatments do this, and which undo it."""

import streamlit as st

from xpert.ui import frame
from xpert.ui.look_up import page

with frame.page("Look up"):
    st.title("Look up")
    page.draw()
