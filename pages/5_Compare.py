"""Two to twenty treatments side by side: shared and opposite responders, combinations and doses."""

import streamlit as st

from xpert.ui import frame
from xpert.ui.compare import page

with frame.page("Compare"):
    st.title("Compare")
    page.draw()
